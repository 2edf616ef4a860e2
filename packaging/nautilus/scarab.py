"""Open in Scarab: an entry in the menus of GNOME Files, for a folder and for the one that is shown.

Files loads it by nautilus-python, from share/nautilus-python/extensions; the interface is that of Files 43 and later, and
the one before gives a window first.
"""

import gettext

from gi.repository import Gio, GLib, GObject, Nautilus

_ = gettext.translation("scarab", fallback=True).gettext


class OpenInScarab(GObject.GObject, Nautilus.MenuProvider):
    def get_file_items(self, *arguments):
        files = arguments[-1]
        return self.items(files[0], "item") if len(files) == 1 and files[0].is_directory() else []

    def get_background_items(self, *arguments):
        return self.items(arguments[-1], "background")

    def items(self, folder, place):
        # What is on another machine and not mounted has no path that a shell could start in.
        path = folder.get_location().get_path()
        if path is None:
            return []
        item = Nautilus.MenuItem(name=f"Scarab::open-{place}", label=_("Open in Scarab"), icon="org.scarab.Terminal")
        item.connect("activate", open_folder, path)
        return [item]


def open_folder(_item, path):
    try:
        Gio.Subprocess.new(["scarab-gtk", "--new-window", "--working-directory", path], Gio.SubprocessFlags.NONE)
    except GLib.Error as error:
        print(f"scarab-gtk cannot be started: {error.message}")
