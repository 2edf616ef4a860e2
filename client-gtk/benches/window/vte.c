/* The smallest window around VTE: one terminal, no header bar, no tabs. `vte COMMAND [ARGUMENT...]` runs the command in
 * it. What a terminal built on VTE costs at least; its font is Scarab's and its cursor does not blink. */

#include <vte/vte.h>

static void ended(VteTerminal *terminal, int status, gpointer loop)
{
    (void)terminal, (void)status;
    g_main_loop_quit(loop);
}

static void spawned(VteTerminal *terminal, GPid pid, GError *error, gpointer data)
{
    (void)terminal, (void)pid, (void)data;
    if (error != NULL)
        g_error("%s", error->message);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        g_printerr("usage: vte COMMAND [ARGUMENT...]\n");
        return 2;
    }
    gtk_init();
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    GtkWidget *window = gtk_window_new();
    VteTerminal *terminal = VTE_TERMINAL(vte_terminal_new());
    PangoFontDescription *font = pango_font_description_from_string("Monospace 11");
    vte_terminal_set_font(terminal, font);
    pango_font_description_free(font);
    vte_terminal_set_cursor_blink_mode(terminal, VTE_CURSOR_BLINK_OFF);
    vte_terminal_set_size(terminal, 80, 24);
    g_signal_connect(terminal, "child-exited", G_CALLBACK(ended), loop);
    g_signal_connect_swapped(window, "close-request", G_CALLBACK(g_main_loop_quit), loop);
    gtk_window_set_child(GTK_WINDOW(window), GTK_WIDGET(terminal));
    vte_terminal_spawn_async(terminal, VTE_PTY_DEFAULT, NULL, argv + 1, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, -1,
                             NULL, spawned, NULL);
    gtk_window_present(GTK_WINDOW(window));
    gtk_widget_grab_focus(GTK_WIDGET(terminal));
    g_main_loop_run(loop);
    return 0;
}
