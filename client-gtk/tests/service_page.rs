//! The page that a window shows while its service cannot be reached or started, as a person reads and leaves it.

mod harness;

use harness::Desktop;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

const TITLE: &str = "The Sessions\u{2019} Service Does Not Run";

/// A window whose service is not there and cannot come, for its directory cannot be made.
struct Window {
    child: Child,
    runtime: PathBuf,
    /// Asks its service how it is.
    status: Command,
}

impl Window {
    fn open(desktop: &mut Desktop) -> Self {
        desktop.kill_window();
        desktop.until("no window", |desktop| {
            desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).is_empty()
        });
        // No manager of systemd's, and a journal of our own.
        let tools = desktop.home().join("tools");
        std::fs::create_dir(&tools).expect("a directory");
        executable(&tools.join("systemctl"), "#!/bin/sh\nexit 1\n");
        executable(&tools.join("journalctl"), "#!/bin/sh\necho \"asked $*\"\necho a last word\n");
        let runtime = desktop.home().join("away");
        std::fs::create_dir(&runtime).expect("a directory");
        std::fs::set_permissions(&runtime, PermissionsExt::from_mode(0o700)).expect("a private one");
        // It points nowhere.
        std::os::unix::fs::symlink(runtime.join("nowhere/at-all"), runtime.join("scarab")).expect("a link");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut program = desktop.program("scarab-gtk");
        program
            .env_remove("SCARAB_SOCKET")
            .env("XDG_RUNTIME_DIR", &runtime)
            .env("PATH", format!("{}:{path}", tools.display()));
        let child = program.spawn().expect("scarab-gtk starts");
        desktop.until("a window is shown", |desktop| {
            !desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).is_empty()
        });
        let mut status = desktop.program("scarab");
        status.env("SCARAB_SOCKET", runtime.join("scarab/control.sock")).args(["status", "--json"]);
        Self { child, runtime, status }
    }

    /// The service can come.
    fn make_way(&self) {
        std::fs::remove_file(self.runtime.join("scarab")).expect("it goes");
    }

    /// What the service that this window had started says.
    fn scarab(&self, desktop: &Desktop, arguments: &[&str]) -> String {
        let mut scarab = desktop.program("scarab");
        scarab.env("SCARAB_SOCKET", self.runtime.join("scarab/control.sock")).args(arguments);
        String::from_utf8_lossy(&scarab.output().expect("scarab runs").stdout).into_owned()
    }
}

/// Ends the window and the service that it had started, if it had.
impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let status = String::from_utf8(self.status.output().map(|output| output.stdout).unwrap_or_default());
        let status = status.unwrap_or_default();
        let process = status.split("\"pid\":").nth(1).and_then(|rest| rest.split([',', '}']).next());
        if let Some(process) = process {
            let _ = Command::new("kill").arg(process.trim()).status();
        }
    }
}

fn executable(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a script");
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("executable");
}

#[test]
fn a_service_that_cannot_be_started_has_a_page_that_says_why() {
    let Some(mut desktop) = Desktop::start_readable(&["sh", "-c", "exec cat"]) else { return };
    let window = Window::open(&mut desktop);
    let mut page = String::new();
    desktop.until("a page with what was tried and what was said", |desktop| {
        page = desktop.read("tree");
        page.contains(TITLE) && page.contains("a last word")
    });
    assert!(page.contains("scarabd did not start"), "{page}");
    assert!(page.contains("asked --user -u scarab.service -n 10 --no-pager -q -o cat"), "{page}");
    // The button has the focus: a key is enough.
    desktop.until("its focus", |desktop| desktop.read("focus").contains("Try Again"));
    desktop.keys(&["Tab"]);
    desktop.until("the other button", |desktop| desktop.read("focus").contains("Copy"));
    desktop.keys(&["shift+Tab", "Return"]);
    desktop.until("the page anew", |desktop| desktop.read("focus").contains("Try Again"));
    window.make_way();
    desktop.keys(&["Return"]);
    desktop.until("a shell", |desktop| window.scarab(desktop, &["ls"]).contains("running  1 "));
    desktop.type_text("echo typed-$((40 + 2))");
    desktop.keys(&["Return"]);
    desktop.until("the keys are the shell's", |desktop| {
        window.scarab(desktop, &["capture", "1"]).contains("typed-42")
    });
    assert!(!desktop.read("tree").contains(TITLE), "the page is gone");
}

#[test]
fn what_the_page_says_can_be_copied() {
    let Some(mut desktop) = Desktop::start_readable(&["sh", "-c", "exec cat"]) else { return };
    let window = Window::open(&mut desktop);
    desktop.until("its focus", |desktop| desktop.read("focus").contains("Try Again"));
    desktop.until("what was said", |desktop| desktop.read("tree").contains("a last word"));
    desktop.keys(&["Tab", "Return", "shift+Tab"]);
    window.make_way();
    desktop.keys(&["Return"]);
    desktop.until("a shell", |desktop| window.scarab(desktop, &["ls"]).contains("running  1 "));
    desktop.type_text("cat > copied");
    desktop.keys(&["Return", "ctrl+shift+v"]);
    // More than one line is asked about.
    desktop.until("a dialog asks", |desktop| desktop.read("focus").contains("Cancel"));
    desktop.keys(&["Tab"]);
    desktop.until("its other answer", |desktop| desktop.read("focus").contains("Paste"));
    desktop.keys(&["Return"]);
    let copied = || std::fs::read_to_string(desktop.home().join("copied")).unwrap_or_default();
    desktop.until("it is pasted", |desktop| {
        desktop.keys(&["Return"]);
        copied().contains("a last word")
    });
    assert!(copied().starts_with(TITLE) && copied().contains("scarabd did not start"), "{}", copied());
}
