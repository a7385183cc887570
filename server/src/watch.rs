//! Raises an alert for what looks suspicious: each minute, once a day for each sign and person.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::App;
use crate::db::organisations::{self, Organisation};
use crate::db::suspects::{self, Suspect};
use crate::db::{Millis, alerts, log};
use crate::domain::suspicion::{Flag, is_act};
use crate::statements::identifier;

const EVERY: Duration = Duration::from_secs(60);
/// Within this time one alert about the same is enough.
const REST_MS: Millis = 86_400_000;

/// Something to raise an alert about, unless one was.
struct Finding {
    flag: Flag,
    person: Option<String>,
    data: Value,
}

impl App {
    /// Looks each minute until the service stops.
    pub async fn watch_until_stopped(&self) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = self.stopping().cancelled() => return,
            }
            if let Err(e) = self.watch().await {
                tracing::error!(cause = %e, "looking for suspicious actions failed");
            }
        }
    }

    /// Looks once at every organisation; returns the number of alerts raised.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn watch(&self) -> Result<usize, sqlx::Error> {
        let organisations = organisations::all(&mut self.db().read().await?).await?;
        let mut raised = 0;
        for organisation in organisations {
            let findings = self.findings(&organisation).await?;
            if !findings.is_empty() {
                raised += self.raise(&organisation.id, findings).await?;
            }
        }
        Ok(raised)
    }

    async fn findings(&self, organisation: &Organisation) -> Result<Vec<Finding>, sqlx::Error> {
        let (id, s) = (organisation.id.as_str(), &self.config().suspicion);
        let mut query = self.db().read().await?;
        let now = crate::db::now(&mut query).await?;
        let mut findings = Vec::new();
        let zone = organisation.settings.time_zone();
        for (person, kind, at) in suspects::acts(&mut query, id, now).await? {
            if is_act(&kind) && s.is_odd_hour(at, &zone) {
                findings.push(Finding { flag: Flag::OddHours, person: Some(person), data: json!({"kind": kind}) });
            }
        }
        let mut add = |flag: Flag, name: &str, suspects: Vec<Suspect>| {
            findings.extend(suspects.into_iter().map(|s| Finding {
                flag,
                person: Some(s.id),
                data: json!({name: s.count}),
            }));
        };
        add(Flag::Burst, "starts", suspects::bursts(&mut query, id, now, s).await?);
        add(Flag::ManyCustomers, "customers", suspects::many_customers(&mut query, id, now, s).await?);
        add(Flag::RepeatedRefusals, "refusals", suspects::refused_people(&mut query, id, now, s).await?);
        add(Flag::LogViewed, "views", suspects::log_viewers(&mut query, id, now).await?);
        for Suspect { id: customer, count } in suspects::refusing_customers(&mut query, id, now, s).await? {
            let data = json!({"customer": customer, "refusals": count});
            findings.push(Finding { flag: Flag::RepeatedRefusals, person: None, data });
        }
        Ok(findings)
    }

    /// Raises what was not raised lately. Several nodes find the same; one after the other decides.
    async fn raise(&self, organisation: &str, findings: Vec<Finding>) -> Result<usize, sqlx::Error> {
        let mut write = self.db().write().await?;
        log::one_at_a_time(&mut write).await?;
        let since = write.now - REST_MS;
        let mut raised = 0;
        for Finding { flag, person, data } in findings {
            let person = person.as_deref();
            let known = match data["customer"].as_str() {
                Some(customer) => alerts::raised_about(&mut write, organisation, flag.name(), customer, since).await?,
                None => alerts::raised_since(&mut write, organisation, flag.name(), person, since).await?,
            };
            if !known {
                let id = identifier("a_", self.entropy());
                alerts::raise(&mut write, organisation, &id, flag.name(), person, &data).await?;
                raised += 1;
            }
        }
        if raised > 0 {
            write.commit().await?;
        }
        Ok(raised)
    }
}
