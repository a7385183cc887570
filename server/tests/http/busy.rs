//! Many proofs at once: what waits is verified together, each gets its own verdict, and a full queue says so.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

use honnin_circuits::Fr;
use honnin_circuits::predicate::PredicateSet;
use honnin_circuits::statement::{Disclosure, Statement};
use honnin_server::proofs::{ProofRefused, VerifiedProof};

use crate::support::authenticator::b64;
use crate::support::phone::issuer_key;
use crate::support::{Phone, Service};

type Pending<'a> = Pin<Box<dyn Future<Output = Result<VerifiedProof, ProofRefused>> + Send + 'a>>;

fn statement(session: u64) -> Statement {
    Statement {
        issuer: issuer_key(),
        scope: Fr::from(1_u64),
        pseudonym: Fr::from(2_u64),
        as_of: 20_261_122,
        predicates: PredicateSet::new(&[]).unwrap(),
        disclosure: Disclosure::Nothing,
        ctx: Fr::from(session),
    }
}

/// Hands a proof in, without waiting for the verdict.
fn submit<'a>(service: &'a Service, tenant: &'static str, statement: Statement, proof: &str) -> Pending<'a> {
    let proof = proof.to_owned();
    let mut pending: Pending<'a> =
        Box::pin(async move { service.app.verifier().verify(tenant, statement, &proof).await });
    assert!(pending.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    pending
}

async fn metric(service: &Service, line: &str) -> bool {
    let text = service.call(reqwest::Method::GET, "/metrics", None, &[]).await.ok(200);
    text.as_str().unwrap().lines().any(|l| l == line)
}

#[tokio::test]
async fn a_bad_proof_among_good_ones_fails_alone() {
    let service = Service::start().await;
    let verifier = service.app.verifier();
    verifier.hold(true);
    let mut pending = Vec::new();
    for session in 0..40 {
        let proven = statement(session);
        // The fifth proves another session, the ninth does not decode.
        let asked = if session == 5 { statement(999) } else { proven };
        let proof = if session == 9 { b64([0; 128]) } else { b64(service.simulator.prove(&proven)) };
        pending.push(submit(&service, "midori", asked, &proof));
    }
    assert!(metric(&service, "honnin_proof_queue_length 40").await);
    verifier.hold(false);
    let verdicts = futures_util::future::join_all(pending).await;
    for (session, verdict) in verdicts.iter().enumerate() {
        match verdict {
            Ok(proof) => assert_eq!(proof.statement(), &statement(session as u64)),
            Err(e) => assert_eq!(*e, ProofRefused::Invalid),
        }
    }
    let bad: Vec<usize> = (0..40).filter(|i| verdicts[*i].is_err()).collect();
    assert_eq!(bad, [5, 9]);
    assert!(metric(&service, "honnin_proof_batch_size_sum 40").await);
    assert!(metric(&service, "honnin_proof_batch_size_count 1").await, "one batch, not forty");
    assert!(metric(&service, "honnin_proof_queue_length 0").await);
}

#[tokio::test]
async fn a_full_queue_answers_503_and_the_same_request_passes_later() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let mut phone = Phone::enrolled(&service, "midori", "C-1", 20).await;
    let asked = desk.ask("C-1", "standard").await;
    let id = asked["id"].as_str().unwrap().to_owned();
    let request = phone.open(&id).await;
    let approval = phone.approval(&request, asked["match_code"].as_str().unwrap()).await;
    let mut newcomer = Phone::new(&service, "midori", "C-2", 21);
    let (enrolment, complete) = newcomer.enrolment().await;

    let verifier = service.app.verifier();
    verifier.hold(true);
    let junk = b64([0; 128]);
    let mut waiting: Vec<_> = (0..256).map(|i| submit(&service, "midori", statement(i), &junk)).collect();
    let refused = phone.approve(&id, &approval.body).await;
    assert_eq!(refused.headers["retry-after"], "1");
    refused.problem(503, "busy");
    let refused = service.post(&format!("/v1/enrolments/{enrolment}/complete"), complete.clone()).await;
    assert_eq!(refused.headers["retry-after"], "1");
    refused.problem(503, "busy");
    assert!(metric(&service, "honnin_proof_queue_refused_total 2").await);
    // Another tenant still has its half, until that is full too.
    waiting.extend((0..256).map(|i| submit(&service, "aozora", statement(i), &junk)));
    assert_eq!(verifier.verify("third", statement(0), &junk).await.err(), Some(ProofRefused::Busy));

    verifier.hold(false);
    for verdict in futures_util::future::join_all(waiting).await {
        assert_eq!(verdict.err(), Some(ProofRefused::Invalid));
    }
    // Nothing was held against the phone, and the number still counts.
    assert_eq!(desk.view(&id).await["state"], "opened");
    phone.approve(&id, &approval.body).await.ok(200);
    service.post(&format!("/v1/enrolments/{enrolment}/complete"), complete).await.ok(201);
}

#[tokio::test]
async fn a_phone_that_hangs_up_costs_nothing() {
    let service = Service::start().await;
    let verifier = service.app.verifier();
    verifier.hold(true);
    let proof = b64(service.simulator.prove(&statement(1)));
    let mut waiting: Vec<_> = (0..256).map(|_| submit(&service, "midori", statement(1), &proof)).collect();
    assert_eq!(verifier.verify("midori", statement(1), &proof).await.err(), Some(ProofRefused::Busy));
    waiting.truncate(3);
    waiting.push(submit(&service, "midori", statement(1), &proof));
    verifier.hold(false);
    for verdict in futures_util::future::join_all(waiting).await {
        assert_eq!(verdict.unwrap().statement(), &statement(1));
    }
    assert!(metric(&service, "honnin_proof_batch_size_sum 4").await);
}

#[tokio::test]
async fn a_stopping_service_answers_what_waits_and_refuses_what_comes() {
    let service = Service::start().await;
    let verifier = service.app.verifier();
    verifier.hold(true);
    let proof = b64(service.simulator.prove(&statement(1)));
    let waiting = submit(&service, "midori", statement(1), &proof);
    let app = service.app.clone();
    tokio::task::spawn_blocking(move || app.verifier().close()).await.unwrap();
    assert!(waiting.await.is_ok());
    assert_eq!(verifier.verify("midori", statement(1), &proof).await.err(), Some(ProofRefused::Gone));
}
