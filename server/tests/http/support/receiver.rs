//! A webhook's receiver that answers as it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use tokio::sync::mpsc;

/// A request that a receiver got.
pub struct Got {
    headers: HeaderMap,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

type Answers = Arc<Mutex<VecDeque<u16>>>;

/// A webhook's receiver: answers with these codes in turn, then with 204.
pub struct Receiver {
    pub url: String,
    pub got: mpsc::UnboundedReceiver<Got>,
}

impl Receiver {
    pub async fn start(answers: &[u16]) -> Self {
        let (sender, got) = mpsc::unbounded_channel();
        let answers: Answers = Arc::new(Mutex::new(answers.iter().copied().collect()));
        let take = |State((sender, answers)): State<(mpsc::UnboundedSender<Got>, Answers)>,
                    headers: HeaderMap,
                    body: String| async move {
            let status = answers.lock().unwrap().pop_front().unwrap_or(204);
            sender.send(Got { headers, body }).unwrap();
            let location = [(header::LOCATION, "/moved")];
            (StatusCode::from_u16(status).unwrap(), location).into_response() as Response
        };
        let router = Router::new()
            .route("/hook", post(take))
            .route("/moved", post(take).get(take))
            .with_state((sender, answers));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, got }
    }

    /// What came, without waiting.
    pub fn all(&mut self) -> Vec<Got> {
        std::iter::from_fn(|| self.got.try_recv().ok()).collect()
    }
}
