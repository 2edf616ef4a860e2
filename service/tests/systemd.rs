//! Under a real systemd: the scripts in `systemd/testing`, each in a user manager or a booted system of its own.
//!
//! They need root for a private mount namespace. Where they cannot run they say so loudly, and fail when
//! `SCARAB_REQUIRE_ALL` is set, as CI does.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The exit status with which a harness says that it cannot run here.
const CANNOT_RUN: i32 = 77;

fn under_a_user_manager(script: &str) {
    under_a_user_manager_with(script, &[]);
}

fn under_a_user_manager_with(script: &str, variables: &[(&str, &str)]) {
    run("with-user-manager", &[script], variables);
}

fn in_a_booted_system(script: &str, variables: &[(&str, &str)]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd/testing").join(script);
    run("with-booted-system", &[script.to_str().expect("a path in UTF-8")], variables);
}

/// Runs one of the harnesses in `systemd/testing`, with the programs under test.
fn run(harness: &str, arguments: &[&str], variables: &[(&str, &str)]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let testing = root.join("systemd/testing");
    let binaries: PathBuf =
        Path::new(env!("CARGO_BIN_EXE_scarabd")).parent().expect("a directory").to_owned();
    assert!(
        binaries.join("scarab").exists(),
        "scarab is not built beside scarabd: cargo build --workspace first"
    );
    let mut command = Command::new(testing.join(harness));
    command
        .args(arguments)
        .env("SCARAB_TEST_BIN", binaries)
        .env("SCARAB_TEST_UNITS", root.join("systemd"))
        .env_remove("SCARAB_TEST_PACKAGES")
        .env_remove("SCARAB_SOCKET")
        .envs(variables.iter().copied());
    finish(command);
}

/// Runs a program to its end; it must succeed, or say that it cannot run here.
fn finish(mut command: Command) {
    let output = command.output().expect("the harness starts");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(CANNOT_RUN) {
        assert!(std::env::var_os("SCARAB_REQUIRE_ALL").is_none(), "{said}");
        eprintln!("a test under systemd DID NOT RUN: {said}");
        return;
    }
    assert!(output.status.success(), "{}\n{said}", output.status);
    println!("{said}");
}

#[test]
fn the_socket_starts_the_service_and_reload_and_stop_work() {
    under_a_user_manager("activation.sh");
}

#[test]
fn a_fresh_installation_works_though_nobody_enabled_anything() {
    under_a_user_manager("fresh.sh");
}

#[test]
fn sessions_survive_the_death_and_the_restart_of_the_service() {
    under_a_user_manager("survival.sh");
}

#[test]
fn viewers_stay_while_the_service_is_killed_restarted_and_hangs() {
    under_a_user_manager("viewers.sh");
}

#[test]
fn a_window_stays_while_the_service_is_killed_and_restarted() {
    under_a_user_manager("window.sh");
}

#[test]
fn images_are_seen_again_after_the_service_was_killed() {
    under_a_user_manager("pictures.sh");
}

#[test]
fn windows_tabs_and_panes_come_back_in_their_order() {
    under_a_user_manager("windows.sh");
}

#[test]
fn a_window_from_the_menu_has_the_path_of_a_login() {
    under_a_user_manager("menu.sh");
}

#[test]
fn without_a_bus_sessions_survive_and_without_a_manager_status_says_what_is_missing() {
    under_a_user_manager("cases.sh");
}

#[test]
fn kills_at_random_instants_lose_and_double_nothing() {
    under_a_user_manager("torture.sh");
}

#[test]
fn kills_at_each_step_lose_and_double_nothing() {
    let steps = "wrap zero limit read head slot commit append sendfile";
    under_a_user_manager_with("torture.sh", &[("SCARAB_TEST_STEPS", steps)]);
}

#[test]
fn kills_while_a_session_is_made_and_while_history_is_taken_back_leave_whole_sessions() {
    under_a_user_manager("steps.sh");
}

#[test]
fn an_upgrade_under_load_loses_nothing_and_old_viewers_stay() {
    let previous = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/previous");
    assert!(previous.join("scarabd").exists(), "the version before is not built: packaging/build-previous");
    let previous = previous.to_str().expect("a path in UTF-8");
    under_a_user_manager_with("upgrade.sh", &[("SCARAB_TEST_PREVIOUS", previous)]);
}

#[test]
fn damage_costs_as_little_as_it_can_and_is_told() {
    under_a_user_manager("damage.sh");
}

#[test]
fn a_program_killed_for_memory_is_reported_as_that() {
    under_a_user_manager("memory.sh");
}

#[test]
fn everything_can_be_seen_and_done_over_d_bus() {
    under_a_user_manager("bus.sh");
}

#[test]
fn shells_say_what_they_do_and_keep_what_a_person_has_set_up() {
    under_a_user_manager("shells.sh");
}

#[test]
fn sessions_outlive_the_last_logout_where_the_person_lingers() {
    in_a_booted_system("logins.sh", &[]);
}

/// The packages, which `make test` builds before: it says where they are.
fn packages() -> Option<String> {
    let packages = std::env::var("SCARAB_TEST_PACKAGES").ok();
    if packages.is_none() {
        assert!(std::env::var_os("SCARAB_REQUIRE_ALL").is_none(), "SCARAB_TEST_PACKAGES names no packages");
        eprintln!("the packages were NOT TESTED: SCARAB_TEST_PACKAGES does not say where they are");
    }
    packages
}

#[test]
fn packages_are_well_made_and_lose_nothing_when_they_come_change_and_go() {
    let Some(packages) = packages() else { return };
    let mut check = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/check"));
    check.arg(&packages);
    finish(check);
    in_a_booted_system("package.sh", &[("SCARAB_TEST_PACKAGES", &packages)]);
}

#[test]
fn what_the_readme_and_the_recipes_say_works_on_a_fresh_system() {
    let Some(packages) = packages() else { return };
    in_a_booted_system("readme.sh", &[("SCARAB_TEST_PACKAGES", &packages)]);
}
