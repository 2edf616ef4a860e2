//! The programs and the keys they are given: at least forty each.

use crate::screens::{Key, Key::Named as N, Key::Prompt as P, Key::Text as T};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// One program's part.
pub struct Script {
    pub name: &'static str,
    /// The program that must be installed.
    pub needs: &'static str,
    /// `$HOME` stands for the private home.
    pub argv: Vec<&'static str>,
    pub keys: Vec<Key>,
    /// Files in the private home, made before it starts; `work` is its directory.
    pub prepare: fn(&Path),
    /// How long both must have shown the same, for a program that repaints behind the key (0 for most).
    pub settled: Duration,
}

fn write(home: &Path, file: &str, text: &str) {
    let path = home.join(file);
    fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory");
    fs::write(path, text).expect("a file");
}

fn text_file(home: &Path) {
    let mut text = String::from("// Überschrift: 日本語, emoji 😀, combining e\u{301}, tab\there\n");
    for number in 0..120 {
        text += &format!(
            "int function_{number}(const char *s) {{ return {number} + \"text\"[0]; /* wide: 漢字 */ }}\n"
        );
    }
    text += &"a long line that wraps ".repeat(20);
    text.push('\n');
    write(home, "work/file.c", &text);
}

pub fn vim() -> Script {
    Script {
        name: "vim",
        needs: "vim",
        argv: vec!["vim", "-u", "$HOME/vimrc", "file.c"],
        prepare: |home| {
            text_file(home);
            write(
                home,
                "vimrc",
                "set nocompatible noswapfile viminfo= number ruler showcmd hlsearch\nsyntax on\nset background=dark t_RV= t_u7=\n\
                 \" Its message tells the age of the change, in seconds of the clock.\nnnoremap <silent> u :silent undo<CR>\n",
            );
        },
        keys: vec![
            T("j"),
            T("j"),
            T("5j"),
            N("C-d"),
            N("C-d"),
            N("C-u"),
            T("G"),
            T("gg"),
            T("w"),
            T("w"),
            T("$"),
            T("0"),
            T("/function_7"),
            N("Enter"),
            T("n"),
            T("N"),
            T("dd"),
            T("p"),
            T("u"),
            T("o"),
            T("new line é 漢 "),
            N("Escape"),
            T("yyP"),
            T("V"),
            T("jj"),
            T(">"),
            T("."),
            N("C-v"),
            T("jjl"),
            T("r#"),
            T(":set nu!"),
            N("Enter"),
            T(":split"),
            N("Enter"),
            N("C-w"),
            T("j"),
            T("G"),
            T(":vsplit"),
            N("Enter"),
            T("ggA"),
            N("Left"),
            N("BSpace"),
            N("Escape"),
            T(":only"),
            N("Enter"),
            T(":set list"),
            N("Enter"),
            T("zt"),
            N("PageDown"),
            N("Up"),
            T(":%s/int/float/"),
            N("Enter"),
            T("ix"),
            N("Escape"),
        ]
        .into_iter()
        .map(backspace)
        .collect(),
        settled: Duration::ZERO,
    }
}

/// One spelling of Backspace in the scripts.
fn backspace(key: Key) -> Key {
    match key {
        N("BSpace") => N("Backspace"),
        other => other,
    }
}

pub fn nvim() -> Script {
    Script {
        name: "nvim",
        needs: "nvim",
        argv: vec!["nvim", "-u", "$HOME/init.vim", "file.c"],
        prepare: |home| {
            text_file(home);
            write(
                home,
                "init.vim",
                "set noswapfile shada= number ruler hlsearch background=dark\nsyntax on\nnnoremap <silent> u :silent undo<CR>\n",
            );
        },
        ..vim()
    }
}

pub fn less() -> Script {
    Script {
        name: "less",
        needs: "less",
        argv: vec!["less", "-R", "-N", "file.c"],
        // No Home and End here and in htop: tmux sends CSI 1~ and 4~ whatever the TERM says, which they do not know for xterm.
        prepare: text_file,
        keys: vec![
            T(" "),
            T(" "),
            T("b"),
            T("j"),
            T("j"),
            T("k"),
            T("d"),
            T("u"),
            T("G"),
            T("g"),
            T("/function_5"),
            N("Enter"),
            T("n"),
            T("n"),
            T("N"),
            T("?int"),
            N("Enter"),
            T("-S"),
            N("Enter"),
            N("Right"),
            N("Right"),
            N("Left"),
            T("-S"),
            N("Enter"),
            T("50g"),
            T("50%"),
            T("p"),
            T("="),
            N("Enter"),
            T("f"),
            T("f"),
            T("h"),
            T("q"),
            N("PageDown"),
            N("PageUp"),
            N("Down"),
            N("Up"),
            T("g"),
            T("&wide"),
            N("Enter"),
            T("&"),
            N("Enter"),
            T("j"),
            T("k"),
        ],
        settled: Duration::ZERO,
    }
}

pub fn htop() -> Script {
    Script {
        name: "htop",
        needs: "htop",
        // One process that sleeps, so that both show the same figures. (Those of a whole machine never agree.)
        argv: vec!["sh", "-c", "exec htop -d 100 -p $PID"],
        prepare: |home| {
            fs::create_dir_all(home.join("work")).expect("a directory");
            write(
                home,
                ".config/htop/htoprc",
                "htop_version=3.2.2\nconfig_reader_min_version=3\nfields=0 1\nhide_kernel_threads=1\ndelay=100\n\
                header_layout=two_50_50\ncolumn_meters_0=Blank\ncolumn_meter_modes_0=2\ncolumn_meters_1=Blank\ncolumn_meter_modes_1=2\nenable_mouse=1\nscreen_tabs=0\n",
            );
        },
        keys: vec![
            N("Down"),
            N("Up"),
            N("Right"),
            N("Right"),
            N("Left"),
            N("Left"),
            N("F1"),
            T("x"),
            N("F2"),
            N("Down"),
            N("Down"),
            N("Right"),
            N("Down"),
            N("Down"),
            N("Left"),
            N("Up"),
            N("Escape"),
            N("F3"),
            T("in"),
            N("Escape"),
            N("F4"),
            T("in"),
            N("Enter"),
            N("F4"),
            N("Backspace"),
            N("Backspace"),
            N("Enter"),
            T("I"),
            T("I"),
            N("F6"),
            N("Down"),
            N("Up"),
            N("Escape"),
            N("F9"),
            N("Down"),
            N("Up"),
            N("Escape"),
            T("t"),
            T("t"),
            N("Space"),
            T("U"),
            T("h"),
            T("q"),
            N("PageDown"),
            N("PageUp"),
            N("Down"),
            N("Up"),
        ],
        // A lone Escape counts only after ncurses has waited for more.
        settled: Duration::from_millis(60),
    }
}

pub fn mc() -> Script {
    Script {
        name: "mc",
        needs: "mc",
        argv: vec!["mc", "--nosubshell", "-x", "$HOME/work", "$HOME/work"],
        prepare: |home| {
            text_file(home);
            for name in ["alpha", "beta", "gamma 漢字", "delta"] {
                write(home, &format!("work/{name}/inner.txt"), "inner\nlines\n");
            }
            for entry in fs::read_dir(home.join("work")).expect("a directory") {
                let path = entry.expect("an entry").path();
                let when = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
                let file = fs::File::open(path).expect("open");
                file.set_modified(when).expect("a time");
            }
            write(
                home,
                ".config/mc/ini",
                "[Midnight-Commander]\nfree_space=false\nshow_free_space=false\nauto_save_setup=false\nuse_internal_edit=true\nskip_check_codeset=true\n\
                 [Layout]\nmessage_visible=0\nfree_space=0\nxterm_title=0\n",
            );
        },
        keys: vec![
            N("Down"),
            N("Down"),
            N("Down"),
            N("Up"),
            N("Enter"),
            N("Up"),
            N("Enter"),
            N("Tab"),
            N("Down"),
            N("Tab"),
            N("End"),
            N("F3"),
            N("PageDown"),
            N("Down"),
            N("F10"),
            N("Home"),
            N("Insert"),
            N("Insert"),
            N("F5"),
            N("Escape"),
            N("Escape"),
            N("F9"),
            N("Right"),
            N("Down"),
            N("Down"),
            N("Escape"),
            N("Escape"),
            N("F1"),
            N("Down"),
            N("F10"),
            N("C-s"),
            T("be"),
            N("Escape"),
            N("Escape"),
            T("+"),
            N("Escape"),
            N("Escape"),
            N("F7"),
            T("new"),
            N("Escape"),
            N("Escape"),
            N("End"),
            N("Up"),
            N("Home"),
            N("Down"),
            N("Enter"),
            N("End"),
            N("Up"),
            N("Tab"),
            N("Up"),
            N("Down"),
        ],
        settled: Duration::ZERO,
    }
}

pub fn nano() -> Script {
    Script {
        name: "nano",
        needs: "nano",
        argv: vec!["nano", "-I", "-l", "file.c"],
        prepare: text_file,
        keys: vec![
            N("Down"),
            N("Down"),
            N("Right"),
            N("Right"),
            T("hello "),
            T("漢字 "),
            N("Enter"),
            N("Up"),
            N("End"),
            N("Home"),
            N("Delete"),
            N("Backspace"),
            N("C-k"),
            N("C-k"),
            N("C-u"),
            N("PageDown"),
            N("PageDown"),
            N("PageUp"),
            N("C-w"),
            T("function_9"),
            N("Enter"),
            N("M-w"),
            N("C-e"),
            N("C-a"),
            N("M-a"),
            N("Right"),
            N("Right"),
            N("Right"),
            N("M-6"),
            N("C-u"),
            N("M-u"),
            N("M-u"),
            N("M-e"),
            N("C-c"),
            N("M-/"),
            N("M-\\"),
            N("C-_"),
            T("50"),
            N("Enter"),
            N("C-g"),
            N("PageDown"),
            N("C-x"),
            N("Left"),
            N("Tab"),
            N("C-x"),
            N("C-c"),
        ],
        settled: Duration::ZERO,
    }
}

pub fn fzf() -> Script {
    Script {
        name: "fzf",
        needs: "fzf",
        argv: vec![
            "sh",
            "-c",
            "seq 1 500 | sed 's/$/ entry 漢字 text/' | fzf --multi --preview 'echo preview {}' --layout reverse --bind change:first; echo chosen; sleep 100",
        ],
        prepare: |home| fs::create_dir_all(home.join("work")).expect("a directory"),
        keys: vec![
            N("Down"),
            N("Down"),
            N("Down"),
            N("Up"),
            T("4"),
            T("2"),
            N("Down"),
            N("Tab"),
            N("Tab"),
            N("Backspace"),
            N("Backspace"),
            T("entry"),
            N("C-u"),
            T("1"),
            T("!2"),
            N("C-w"),
            T("99"),
            N("Tab"),
            N("C-a"),
            N("C-e"),
            N("Left"),
            N("Left"),
            N("Right"),
            T("x"),
            N("Backspace"),
            N("C-k"),
            N("PageDown"),
            N("PageDown"),
            N("PageUp"),
            N("Up"),
            N("Up"),
            T(" "),
            T("3"),
            N("Backspace"),
            N("BTab"),
            N("Home"),
            N("End"),
            N("C-b"),
            N("C-f"),
            N("M-b"),
            N("M-f"),
            N("C-h"),
            N("Enter"),
        ],
        settled: Duration::from_millis(60),
    }
}

pub fn tmux() -> Script {
    Script {
        name: "tmux",
        needs: "tmux",
        // Each side has a server of its own.
        argv: vec!["sh", "-c", "exec tmux -u -f $HOME/conf -S $HOME/s$$ new-session -s inner"],
        prepare: |home| {
            text_file(home);
            write(
                home,
                "conf",
                "set -g status-right ''\nset -g default-terminal screen-256color\nset -g default-command 'PS1=\"$ \" exec sh'\nset -g automatic-rename off\nset -g escape-time 0\nset -g repeat-time 0\nset -g allow-rename off\n",
            );
        },
        keys: vec![
            P("$ "),
            T("echo one"),
            N("Enter"),
            P("$ "),
            N("C-b"),
            T("%"),
            P("$ "),
            T("echo two"),
            N("Enter"),
            P("$ "),
            N("C-b"),
            T("\""),
            P("$ "),
            T("seq 30"),
            N("Enter"),
            P("$ "),
            N("C-b"),
            N("Up"),
            P("$ "),
            N("C-b"),
            N("Left"),
            P("$ "),
            T("cat file.c"),
            N("Enter"),
            P("$ "),
            N("C-b"),
            T("["),
            N("PageUp"),
            N("Up"),
            N("Up"),
            N("PageUp"),
            T("q"),
            N("C-b"),
            T("z"),
            N("C-b"),
            T("z"),
            N("C-b"),
            T("c"),
            P("$ "),
            T("clear"),
            N("Enter"),
            P("$ "),
            N("C-b"),
            T("p"),
            N("C-b"),
            T(","),
            T("x"),
            N("Enter"),
            N("C-b"),
            T("n"),
            N("C-b"),
            T(":"),
            T("list-keys"),
            N("Escape"),
            P("$ "),
            T("printf '\\033[31mred\\033[0m\\n'"),
            N("Enter"),
            P("$ "),
            N("C-b"),
            T("l"),
        ],
        settled: Duration::ZERO,
    }
}

pub fn fish() -> Script {
    Script {
        name: "fish",
        needs: "fish",
        argv: vec!["fish", "--private"],
        prepare: |home| {
            text_file(home);
            // Where this directory is missing, fish fills it from all man pages first.
            fs::create_dir_all(home.join(".local/share/fish/generated_completions")).expect("a directory");
            write(
                home,
                ".config/fish/config.fish",
                "set -g fish_greeting\nfunction fish_prompt; echo -n 'prompt> '; end\nfunction fish_right_prompt; echo right; end\nfunction fish_title; end\n",
            );
        },
        keys: vec![
            P("> "),
            T("echo hello"),
            N("Enter"),
            P("> "),
            T("ls"),
            N("Enter"),
            P("> "),
            T("echo 漢字 é"),
            N("Left"),
            N("Left"),
            N("Right"),
            N("Home"),
            N("End"),
            N("Enter"),
            P("> "),
            N("Up"),
            N("Up"),
            N("Down"),
            N("C-c"),
            P("> "),
            T("cat fi"),
            N("Tab"),
            P("file.c "),
            N("Enter"),
            P("> "),
            T("nosuchcommand"),
            N("C-u"),
            T("echo \"quoted "),
            T("string\""),
            N("M-b"),
            N("M-b"),
            N("M-f"),
            N("C-a"),
            N("C-e"),
            N("C-w"),
            N("C-k"),
            N("C-c"),
            P("> "),
            T("for i in 1 2 3; echo $i; end"),
            N("Left"),
            N("Left"),
            N("End"),
            N("Enter"),
            P("> "),
            T("set_color red; echo red"),
            N("Enter"),
            P("> "),
            N("C-l"),
            P("> "),
            T("echo aft"),
            N("Right"),
            N("Backspace"),
            N("Delete"),
            N("Enter"),
            P("> "),
        ],
        // It colours what is typed in the background.
        settled: Duration::from_millis(80),
    }
}

pub fn zsh() -> Script {
    Script {
        name: "zsh",
        needs: "zsh",
        argv: vec!["zsh", "-i"],
        prepare: |home| {
            text_file(home);
            write(
                home,
                ".zshrc",
                "PS1='%F{green}z%f> '\nRPS1='%F{blue}right%f'\nbindkey -e\nautoload -Uz compinit && compinit -D\nzstyle ':completion:*' menu select\n",
            );
        },
        keys: vec![
            P("> "),
            T("echo hello"),
            N("Enter"),
            P("> "),
            T("ls"),
            N("Enter"),
            P("> "),
            T("echo 漢字 é"),
            N("Left"),
            N("Left"),
            N("Right"),
            N("C-a"),
            N("C-e"),
            N("Enter"),
            P("> "),
            N("Up"),
            N("Up"),
            N("Down"),
            N("C-c"),
            P("> "),
            T("cat fi"),
            N("Tab"),
            P("file.c "),
            N("C-c"),
            P("> "),
            T("print -P '%B%F{red}bold%f%b'"),
            N("Enter"),
            P("> "),
            T("echo one"),
            N("M-b"),
            N("M-d"),
            N("C-y"),
            N("C-u"),
            T("for i in 1 2 3"),
            N("Enter"),
            P("> "),
            T("do echo $i"),
            N("Enter"),
            P("> "),
            T("done"),
            N("Enter"),
            P("> "),
            N("C-r"),
            T("hello"),
            N("Enter"),
            P("> "),
            N("C-l"),
            P("> "),
            T("seq 40"),
            N("Enter"),
            P("> "),
            T(
                "echo a very long command line that will wrap around the right margin of the smaller sizes for sure",
            ),
            N("C-a"),
            N("C-e"),
            N("M-b"),
            N("C-k"),
            N("Enter"),
            P("> "),
        ],
        settled: Duration::ZERO,
    }
}
