//! Clients that are slow, or send too much: they are cut off, and others are served meanwhile.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::support::listening::{Listening, PATIENCE};

/// What a second allows, and what a slow machine adds.
const CUT_OFF: Duration = Duration::from_secs(6);

async fn start() -> Listening {
    Listening::start(json!({"timeouts": {"head_s": 1, "body_s": 1}})).await
}

/// Connects, sends the beginning, then one byte every 100 ms until cut off; gives back what came, and after how long.
fn trickle(address: SocketAddr, beginning: &'static [u8], then: u8) -> JoinHandle<(String, Duration)> {
    spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        stream.write_all(beginning).unwrap();
        let (began, mut answer, mut buffer) = (Instant::now(), Vec::new(), [0; 4096]);
        while began.elapsed() < PATIENCE {
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => answer.extend_from_slice(&buffer[..n]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    // A connection that was closed shows at the next reading.
                    let _ = stream.write_all(&[then]);
                }
                Err(_) => break,
            }
        }
        (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
    })
}

/// Sends all of it and reads until the other end closes.
async fn whole(address: SocketAddr, request: Vec<u8>) -> String {
    let told = spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // The answer may come before all is sent.
        let _ = stream.write_all(&request);
        let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(n @ 1..) = stream.read(&mut buffer) {
            answer.extend_from_slice(&buffer[..n]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    });
    told.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_heads_are_cut_off_while_others_are_served() {
    let listening = start().await;
    let at = listening.address;
    let mut slow = Vec::new();
    for _ in 0..20 {
        slow.push(trickle(at, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ", b'a'));
        slow.push(trickle(at, b"", b'\n'));
        slow.push(trickle(at, b"G", b'E'));
    }
    let http = &listening.service.http;
    let mut served = 0;
    while slow.iter().any(|one| !one.is_finished()) {
        let began = Instant::now();
        assert_eq!(http.get(format!("http://{at}/readyz")).send().await.unwrap().status(), 200);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        served += 1;
    }
    assert!(served > 10, "{served}");
    for one in slow {
        let (answer, after) = one.await.unwrap();
        assert!(after < CUT_OFF, "{after:?}");
        assert!(!answer.contains(" 200 "), "{answer}");
    }
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_says_nothing_or_half_a_preface_is_closed() {
    let listening = start().await;
    for beginning in [&b""[..], b"PRI * HTTP/2.0\r\n"] {
        let at = listening.address;
        let silent = spawn_blocking(move || {
            let mut stream = TcpStream::connect(at).unwrap();
            stream.write_all(beginning).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let (began, mut buffer) = (Instant::now(), [0; 64]);
            let read = stream.read(&mut buffer);
            (read.is_ok_and(|n| n == 0), began.elapsed())
        });
        let (closed, after) = silent.await.unwrap();
        assert!(closed && after < CUT_OFF, "{after:?}");
    }
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_are_answered_and_cut_off() {
    let listening = start().await;
    let requests: [&'static [u8]; 3] = [
        b"POST /v1/enrolments HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{",
        b"POST /v1/enrolments HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        b"POST /v1/oauth/token HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 5000\r\n\r\n",
    ];
    let slow: Vec<_> = requests.into_iter().map(|request| trickle(listening.address, request, b'1')).collect();
    for one in slow {
        let (answer, after) = one.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"too-slow\""), "{answer}");
        assert!(after < CUT_OFF, "{after:?}");
    }
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn header_floods_and_oversized_bodies_are_refused() {
    let listening = start().await;
    let at = listening.address;
    let head = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
    let many = format!("{head}{}\r\n", "x: y\r\n".repeat(300));
    let long = format!("{head}x: {}\r\n\r\n", "y".repeat(200_000));
    let path = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "y".repeat(200_000));
    for (request, statuses) in [(many, &["431"][..]), (long, &["431"]), (path, &["414", "431"])] {
        let answer = whole(at, request.into_bytes()).await;
        let refused = statuses.iter().any(|status| answer.starts_with(&format!("HTTP/1.1 {status} ")));
        assert!(refused || answer.is_empty(), "{answer}");
    }
    let post =
        "POST /v1/enrolments HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let announced = format!("{post}content-length: 1000000000\r\n\r\n{{");
    let chunked = format!("{post}transfer-encoding: chunked\r\n\r\n20000\r\n{}\r\n0\r\n\r\n", "1".repeat(0x20000));
    for request in [announced, chunked] {
        let answer = whole(at, request.into_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("too-large"), "{answer}");
    }
    // Two lengths, or a length beside chunks: whatever stands between could read another request out of it.
    for two in ["content-length: 2\r\ncontent-length: 3\r\n", "content-length: 2\r\ntransfer-encoding: chunked\r\n"] {
        let answer = whole(at, format!("{post}{two}\r\n{{}}").into_bytes()).await;
        let status = answer.get(9..12).unwrap_or_default().to_owned();
        assert!(answer.is_empty() || ["400", "408"].contains(&status.as_str()), "{two}: {answer}");
    }
    assert_eq!(listening.service.http.get(format!("http://{at}/healthz")).send().await.unwrap().status(), 200);
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_http_leave_the_service_standing() {
    let listening = start().await;
    let tls_hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    let zeroes = vec![0; 100_000];
    for garbage in [tls_hello.to_vec(), zeroes, b"GET\r\n\r\n".to_vec(), b"GET / HTTP/9.9\r\n\r\n".to_vec()] {
        let answer = whole(listening.address, garbage).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let http = &listening.service.http;
    assert_eq!(http.get(format!("http://{}/healthz", listening.address)).send().await.unwrap().status(), 200);
    listening.stop().await;
}
