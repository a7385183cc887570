//! Texts that mean something to SQL, templates, pages or eyes: they come back as they were, or are refused.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Desk, Service};

/// They pass for words; whoever puts them together with something else is hurt.
const META: [&str; 12] = [
    "'; DROP TABLE people; --",
    "\" OR \"\"=\"",
    "' UNION SELECT token_hash FROM sessions --",
    "\\'; SELECT pg_sleep(9); --",
    "$1 $2 ${7*7} {{7*7}} #{7*7} <%= 7*7 %>",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "%s %n %00 %27",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "{\"id\": 1}",
    "`reboot` $(reboot) | reboot",
];

/// They look like something else, or like nothing.
const DECEIVING: [(&str, &str); 11] = [
    ("another direction", "Mori\u{202e}iroM"),
    ("an isolate", "Mo\u{2066}ri"),
    ("a mark of direction", "Mori\u{200f}"),
    ("no width", "Mo\u{200b}ri"),
    ("a joiner", "Mo\u{200d}ri"),
    ("a byte order mark", "\u{feff}Mori"),
    ("a control", "Mo\u{7}ri"),
    ("a null", "Mo\u{0}ri"),
    ("a Cyrillic o", "M\u{43e}ri"),
    ("a mathematical M", "\u{1d40c}ori"),
    ("not in normal form", "Mo\u{308}ri\u{327}\u{323}"),
];

fn words(text: &str) -> Value {
    json!({"ja": text, "en": text})
}

/// Where admins write words: a name, the call that stores a text there, and where it is read again.
struct Field {
    name: &'static str,
    method: Method,
    path: &'static str,
    body: fn(&str, &Value) -> Value,
    /// Path and pointers under which the text must stand again.
    read: (&'static str, fn(&Value, &str) -> bool),
}

fn anywhere(answer: &Value, text: &str) -> bool {
    match answer {
        Value::String(held) => held == text,
        Value::Array(items) => items.iter().any(|item| anywhere(item, text)),
        Value::Object(members) => members.values().any(|member| anywhere(member, text)),
        _ => false,
    }
}

const ORG: &str = "/v1/orgs/midori";

fn fields() -> [Field; 6] {
    [
        Field {
            name: "a person",
            method: Method::POST,
            path: "/people",
            body: |text, _| json!({"name": words(text), "label": words(text), "roles": []}),
            read: ("/people", anywhere),
        },
        Field {
            name: "a team",
            method: Method::POST,
            path: "/teams",
            body: |text, _| json!({"name": text}),
            read: ("/teams", anywhere),
        },
        Field {
            name: "a machine",
            method: Method::POST,
            path: "/machines",
            body: |text, _| json!({"kind": "api_key", "name": text, "label": words(text), "scopes": ["people:read"], "expires_in_days": 1}),
            read: ("/machines", anywhere),
        },
        Field {
            name: "a purpose",
            method: Method::PUT,
            path: "/purposes/hostile",
            body: |text, _| json!({"ja": text, "en": text, "policy": "standard"}),
            read: ("/purposes", anywhere),
        },
        Field {
            name: "a policy",
            method: Method::POST,
            path: "/policies",
            body: |text, _| {
                let mut document = crate::support::service::policy("hostile", &[]);
                document.as_object_mut().unwrap().remove("version");
                document["name"] = words(text);
                json!({"document": document})
            },
            read: ("/policies", anywhere),
        },
        Field {
            name: "the organisation",
            method: Method::PUT,
            path: "/settings",
            body: |text, own| {
                let mut settings = own["settings"].clone();
                settings["display"]["name"] = words(text);
                settings["display"]["desk"] = words(text);
                json!({"revision": own["revision"], "settings": settings})
            },
            read: ("", anywhere),
        },
    ]
}

/// Who may write the field.
fn writer<'a>(field: &Field, owner: &'a Desk<'a>, security: &'a Desk<'a>) -> &'a Desk<'a> {
    if ["a purpose", "a policy"].contains(&field.name) { security } else { owner }
}

#[tokio::test]
async fn metacharacters_come_back_as_they_were() {
    let service = Service::start().await;
    let (owner, security) = (service.desk("mori", 1).await, service.desk("hara", 2).await);
    let tables = "SELECT COUNT(*) FROM people";
    let people = service.count(tables).await;
    for field in &fields() {
        let desk = writer(field, &owner, &security);
        for text in META {
            let own = owner.get(ORG).await.ok(200);
            let answer =
                desk.call(field.method.clone(), &format!("{ORG}{}", field.path), Some(&(field.body)(text, &own))).await;
            assert!((200..300).contains(&answer.status), "{}: {text}: {} {}", field.name, answer.status, answer.body);
            let (path, holds) = field.read;
            let read = desk.get(&format!("{ORG}{path}")).await.ok(200);
            assert!(holds(&read, text), "{}: {text}\n{read}", field.name);
        }
    }
    assert_eq!(service.count(tables).await, people + META.len() as i64, "one person each, and none is gone");
    // Pages get JSON as JSON, which no browser takes for a page.
    let listed = owner.get(&format!("{ORG}/people")).await;
    assert_eq!(listed.headers["content-type"], "application/json");
    assert_eq!(listed.headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn names_that_deceive_are_refused() {
    let service = Service::start().await;
    let (owner, security) = (service.desk("mori", 1).await, service.desk("hara", 2).await);
    let mut fields = Vec::from(fields());
    fields.push(Field {
        name: "an incident's note",
        method: Method::POST,
        path: "/incidents",
        body: |text, _| {
            json!({"target": {"kind": "person", "id": "sato"}, "reason": "leak", "note": text, "confirm": "sato"})
        },
        read: ("/incidents", anywhere),
    });
    for field in &fields {
        let desk = if field.path == "/incidents" { &security } else { writer(field, &owner, &security) };
        for (what, text) in DECEIVING {
            // A note is several words of whatever script; only what draws wrongly is refused.
            let look_alike = ["a Cyrillic o", "a mathematical M", "not in normal form"].contains(&what);
            if field.path == "/incidents" && look_alike {
                continue;
            }
            let own = owner.get(ORG).await.ok(200);
            let answer =
                desk.call(field.method.clone(), &format!("{ORG}{}", field.path), Some(&(field.body)(text, &own))).await;
            assert!([400, 422].contains(&answer.status), "{}: {what}: {} {}", field.name, answer.status, answer.body);
            let (path, holds) = field.read;
            assert!(!holds(&desk.get(&format!("{ORG}{path}")).await.ok(200), text), "{}: {what}", field.name);
        }
    }
}

#[tokio::test]
async fn metacharacters_in_paths_and_queries_find_nothing() {
    let service = Service::start().await;
    let owner = service.desk("mori", 1).await;
    for text in META.iter().chain(&["midori' OR '1'='1", "midori%00", "%2e%2e%2f", "*"]) {
        let encoded: String = text.bytes().map(|b| format!("%{b:02X}")).collect();
        for path in [
            format!("/v1/orgs/{encoded}/people"),
            format!("{ORG}/people/{encoded}/roles"),
            format!("/v1/verifications/{encoded}"),
        ] {
            let answer = owner.get(&path).await;
            assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        }
        let found = owner.get(&format!("{ORG}/audit?actor={encoded}&kind={encoded}")).await;
        assert!(found.status < 500, "{text}: {}", found.body);
    }
    owner.get(&format!("{ORG}/people")).await.ok(200);
}

#[tokio::test]
async fn json_that_is_none() {
    let service = Service::start().await;
    let owner = service.desk("mori", 1).await;
    let deep = "[".repeat(60_000);
    let broken = [
        "",
        "{",
        "null",
        "[]",
        "\"\"",
        "1e999",
        "{\"name\": }",
        "{\"name\": \"a\", \"name\": \"b\"}",
        "{\"name\": \"a\"} x",
        "{\"name\": \"\\ud800\"}",
        "{'name': 'a'}",
        "{\"name\": NaN}",
        &deep,
    ];
    for body in broken {
        let request = service.http.post(format!("{}{ORG}/teams", service.origin)).body(body.to_owned());
        let request = request
            .header("content-type", "application/json")
            .header("origin", &service.origin)
            .header("cookie", &owner.cookie);
        let answer = crate::support::Answer::read(request.send().await.unwrap()).await;
        answer.problem(400, "malformed");
    }
    let request = service.http.post(format!("{}{ORG}/teams", service.origin)).body(vec![b'{', 0xff, 0xfe, b'}']);
    let request = request
        .header("content-type", "application/json")
        .header("origin", &service.origin)
        .header("cookie", &owner.cookie);
    crate::support::Answer::read(request.send().await.unwrap()).await.problem(400, "malformed");
    assert_eq!(owner.get(&format!("{ORG}/teams")).await.ok(200)["teams"], json!([]));
}
