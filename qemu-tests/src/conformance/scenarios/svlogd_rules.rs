//! svlogd: stamps, prefixes, replaced bytes, patterns, alerts, datagrams.

use std::net::UdpSocket;
use std::time::Duration;

use anyhow::{Context, Result};

use super::svlogd::{directory, log_all};
use crate::conformance::Scenario;
use crate::conformance::stage::Stage;

const ALONE: &[&str] = &["svlogd"];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "svlogd: stamps and prefixes", uses: ALONE, play: stamps_and_prefixes },
    Scenario { name: "svlogd: long lines", uses: ALONE, play: long_lines },
    Scenario { name: "svlogd: replaced bytes", uses: ALONE, play: replaced_bytes },
    Scenario { name: "svlogd: patterns", uses: ALONE, play: patterns },
    Scenario { name: "svlogd: datagrams", uses: ALONE, play: datagrams },
];

fn stamps_and_prefixes(stage: &Stage) -> Result<()> {
    directory(stage, "log", "ppre fix: \n")?;
    for options in [&[][..], &["-t"], &["-tt"], &["-ttt"], &["-tttt"], &["-v", "-t", "-t"]] {
        log_all(stage, options, &["log"], "a line\n\n  blanks \n")?;
    }
    Ok(())
}

fn long_lines(stage: &Stage) -> Result<()> {
    let line = |length: usize| "0123456789".repeat(length / 10 + 1).chars().take(length).collect::<String>() + "\n";
    let input: String = [9, 10, 11, 999, 1000, 1001, 1023, 1024, 1025, 5000].into_iter().map(line).collect();
    directory(stage, "plain", "e*\n")?;
    log_all(stage, &[], &["plain"], &input)?;
    directory(stage, "short", "s3000\nn0\n")?;
    log_all(stage, &["-l", "20", "-b", "100"], &["short"], &input[..1100])?;
    directory(stage, "stamped", "pp \n+*\n")?;
    log_all(stage, &["-tt", "-b", "2000"], &["stamped"], &input)?;
    directory(stage, "chosen", "-*\n+*5\n")?;
    log_all(stage, &[], &["chosen"], &input)
}

fn replaced_bytes(stage: &Stage) -> Result<()> {
    directory(stage, "log", "")?;
    for options in [&["-r", "_"][..], &["-R", "abc"], &["-r", "?", "-R", "xyz "], &["-r", "a"], &["-rx", "-Ryz"]] {
        log_all(stage, options, &["log"], "abc\tdef \u{1}xyz\u{7f} ä\n")?;
    }
    Ok(())
}

fn patterns(stage: &Stage) -> Result<()> {
    let input = "alpha: one\nbeta: two\nalpha: three\ngamma\n\nbeta\nlong alpha: x\n";
    let configs = [
        "-*\n+alpha:*\n",
        "-*\n+beta*\n-*two\n",
        "-alpha*\n",
        "+*\n-*: *\n",
        "-*\n+*: t*\n",
        "# a comment\n\n-beta\n",
        "-*\n+\n",
        "e*\n",
        "E*\ne*alpha: *\n",
        "-*\ne*two\n",
        "e*one\npprefix \n",
    ];
    for (number, config) in configs.into_iter().enumerate() {
        let name = format!("log{number}");
        directory(stage, &name, config)?;
        log_all(stage, &[], &[&name], input)?;
    }
    // An alert has the first -l bytes of a line.
    directory(stage, "alert", "e*\n")?;
    log_all(stage, &["-l", "10"], &["alert"], "0123456789abcdef\nshort\n123456789\n1234567890\n")
}

fn datagrams(stage: &Stage) -> Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0").context("unable to bind a socket")?;
    socket.set_read_timeout(Some(Duration::from_secs(60))).context("no time limit")?;
    let port = socket.local_addr().context("no address")?.port();
    for (name, rest) in [("both", ""), ("only", "pnamed: \n"), ("some", "-*\n+a*\n")] {
        let letter = if name == "only" { "U" } else { "u" };
        // The port differs from run to run, so it goes where the transcript does not show it.
        directory(stage, "log", &format!("{letter}127.0.0.1:{port}\n{rest}"))?;
        stage.file("input", "a line\nanother of more bytes\n", 0o644)?;
        let input = std::fs::File::open(stage.path("input")).context("unable to open the input")?;
        stage.tell_as(name, stage.command(&["svlogd", "-l", "20", "log"]).stdin(input))?;
        stage.see("current", crate::conformance::stage::read(stage.path("log/current")));
        // A last one that all send tells that nothing else comes.
        let own = UdpSocket::bind("127.0.0.1:0").context("unable to bind a socket")?;
        own.send_to(b"the end\n", ("127.0.0.1", port)).context("unable to send")?;
        loop {
            let mut buffer = [0; 2048];
            let length = socket.recv(&mut buffer).context("no datagram")?;
            let text = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()).into_owned();
            if text == "the end\n" {
                break;
            }
            stage.see("a datagram", text);
        }
    }
    for (name, config) in [("address", "u1.2.3\n"), ("port", "u127.0.0.1:x\n")] {
        directory(stage, name, config)?;
        log_all(stage, &[], &[name], "a line\n")?;
    }
    Ok(())
}
