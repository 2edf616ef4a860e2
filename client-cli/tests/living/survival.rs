//! A viewer killed mid-flood costs the session nothing.

use crate::harness::Place;

/// Mixed output, the same at every run: colours, lines that wrap, wide characters, clusters, a scroll region.
const FLOOD: &str = r#"
i=0
while [ $i -lt 4000 ]; do
  printf 'line %d \033[3%dmcoloured\033[0m \033[1;4:3mcurly %d\033[m 漢字かな 😀 e\314\201\n' $i $((i % 8)) $i
  printf 'a line that is wrapped because it is longer than the eighty columns of this terminal %d, and wide: 日本語日本語日本語\n' $i
  [ $((i % 500)) = 0 ] && printf '\033[5;10r\033[10;1Hin a region %d\n\033[r\033[24;1H' $i
  i=$((i + 1))
done
printf 'THE END'
read -r forever
"#;

#[test]
fn a_viewer_killed_mid_flood_changes_nothing_for_the_next() {
    let place = Place::new();
    let script = format!("stty -echo; read -r go; {FLOOD}");
    for name in ["watched", "alone"] {
        place.script(name, &script);
    }
    let mut viewer = place.attach("watched");
    while place.entry("watched")["viewers"].as_array().expect("viewers").is_empty() {
        assert!(viewer.read_once(std::time::Duration::from_secs(10)), "the viewer ended");
    }
    let pid = place.entry("watched")["viewers"][0]["pid"].as_u64().expect("the viewer's pid") as i32;

    for name in ["watched", "alone"] {
        place.ok(["send", name, "--key", "Enter"]);
    }
    viewer.until(b"line 1").expect("the flood is seen");
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).expect("a pid"),
        rustix::process::Signal::KILL,
    )
    .expect("killed");
    let unfinished = !place.ok(["capture", "watched"]).contains("THE END");
    assert!(unfinished, "the flood was over before the viewer was killed: nothing was shown");

    for name in ["watched", "alone"] {
        place.ok(["wait", name, "--text", "THE END", "--timeout", "60"]);
    }
    let mut other = place.attach("watched");
    other.until(b"THE END").expect("another terminal shows the screen");

    let whole = |name: &str| place.ok(["capture", name, "--history", "--ansi"]);
    let (watched, alone) = (whole("watched"), whole("alone"));
    assert!(watched.lines().count() > 8000, "{} lines", watched.lines().count());
    if let Some((number, (a, b))) = watched.lines().zip(alone.lines()).enumerate().find(|(_, (a, b))| a != b)
    {
        panic!("line {number} differs:\n  watched {a:?}\n  alone   {b:?}");
    }
    assert_eq!(watched.lines().count(), alone.lines().count());
}
