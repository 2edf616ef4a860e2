//! Many viewers at once under flood: every one ends on the same screen.

use crate::harness::Place;
use scarab_protocol::grid::{Armed, Content, Doorbell, Frame, ReadOutcome, ViewReader};
use scarab_protocol::message::request::{Attach, CopyScreen};
use scarab_protocol::message::{Size, ViewerColours};
use scarab_protocol::{Client, client::Attachment};
use std::path::Path;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(90);

struct Viewer {
    _client: Client,
    view: ViewReader,
    bell: Doorbell,
    frame: Frame,
}

impl Viewer {
    fn attach(socket: &Path, session: &str) -> Self {
        let mut client = Client::connect_within(socket, Duration::from_secs(20)).expect("connected");
        let size = Size { cols: 80, rows: 24, width_px: 0, height_px: 0 };
        let attach = Attach {
            session: session.to_owned(),
            read_only: true,
            detach_others: false,
            size,
            colours: ViewerColours::default(),
            viewer_name: "crowd".to_owned(),
            environment: Vec::new(),
        };
        let Attachment { view, doorbell, .. } =
            client.attach_within(attach, Duration::from_secs(20)).expect("attached");
        Viewer { _client: client, view, bell: doorbell, frame: Frame::new() }
    }

    /// Takes the newest frame, if there is one; its text.
    fn look(&mut self) -> String {
        self.bell.drain();
        for _ in 0..100 {
            match self.view.read(&mut self.frame).expect("a sound view") {
                ReadOutcome::Torn => continue,
                _ => match self.bell.arm(&self.view, self.frame.generation()) {
                    Armed::ReadAgain => continue,
                    _ => break,
                },
            }
        }
        text(&self.frame)
    }
}

fn text(frame: &Frame) -> String {
    let mut out = String::new();
    for row in frame.rows() {
        let mut line = String::new();
        for cell in &row.cells {
            match cell.content() {
                Content::Blank => line.push(' '),
                Content::Char(c) => line.push(c),
                Content::Cluster(id) => line.push_str(frame.cluster(id)),
                Content::Spacer => {}
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn crowd(sessions: usize, viewers: usize) {
    let place = Place::new();
    let script = "stty -echo; read -r go; i=0; while [ $i -lt 3000 ]; do printf 'flood %d \\033[3%dm漢字\\033[m of lines\\n' $i $((i % 8)); i=$((i+1)); done; printf 'THE END'; read -r forever";
    for number in 0..sessions {
        place.script(&format!("s{number}"), script);
    }
    let mut crowd: Vec<Viewer> =
        (0..viewers).map(|n| Viewer::attach(&place.socket(), &format!("s{}", n % sessions))).collect();
    for viewer in &mut crowd {
        viewer.look();
    }
    // A service that serves its most connections has none left for the command line: one of the crowd's goes.
    crowd.pop();
    for number in 0..sessions {
        place.ok(["send", &format!("s{number}"), "--key", "Enter"]);
    }
    let began = Instant::now();
    let mut last = vec![String::new(); crowd.len()];
    while last.iter().any(|screen| !screen.contains("THE END")) {
        assert!(
            began.elapsed() < PATIENCE,
            "{} of {} viewers never saw the end",
            last.iter().filter(|s| !s.contains("THE END")).count(),
            crowd.len()
        );
        for (viewer, screen) in crowd.iter_mut().zip(&mut last) {
            *screen = viewer.look();
        }
    }
    let mut asker = Client::connect(&place.socket()).expect("connected");
    let copy = asker.ask(CopyScreen { session: "s0".to_owned() }).expect("a copy");
    assert!(copy.rows.iter().any(|row| row.contains("THE END")));
    for (number, screen) in last.iter().enumerate() {
        assert_eq!(screen, &last[0], "viewer {number} ended on another screen");
    }
    eprintln!(
        "{} viewers on {sessions} sessions: all on the same screen after {:?}",
        crowd.len(),
        began.elapsed()
    );
}

#[test]
fn sixteen_viewers_of_one_session_end_on_the_same_screen() {
    crowd(1, 16);
}

#[test]
fn a_thousand_viewers_end_on_the_same_screen() {
    crowd(63, 1000);
}
