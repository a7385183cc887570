//! A policy in words: what is proven, and what is not sent. Nobody else writes these.

use std::sync::LazyLock;

use honnin_circuits::schema::{Kind, SCHEMA_JSON, Slot};
use serde::{Deserialize, Serialize};

use super::{Condition, Op, Operand, Policy};
use crate::region;
use crate::text::Localized;

/// Attributes by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nouns {
    /// Japanese nouns.
    pub ja: Vec<String>,
    /// English nouns.
    pub en: Vec<String>,
}

/// A policy in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Sentences, in the policy's order; the validity that every proof shows stands last.
    pub proves: Vec<Localized>,
    /// What is not sent in this check.
    pub not_sent: Nouns,
    /// The most that is sent, sealed, so that the recipient alone can read it.
    pub sealed: Nouns,
}

impl Nouns {
    fn push(&mut self, noun: Localized) {
        self.ja.push(noun.ja);
        self.en.push(noun.en);
    }
}

/// Attributes a customer would mind, in the order people list them.
const PERSONAL: [Slot; 6] = [Slot::Name, Slot::Birth, Slot::Address, Slot::Phone, Slot::Account, Slot::Limit];

/// What a policy proves and does not send.
pub fn words(policy: &Policy) -> Words {
    let mut proves: Vec<Localized> = policy.predicates.iter().map(sentence).collect();
    proves.push(Localized::new("本人確認が有効期限内である", "Your identity check is still valid"));
    // A proof of equality tells the value, so such a slot is not "not sent".
    let told = |slot: &Slot| {
        policy.disclose.contains(slot) || policy.predicates.iter().any(|c| c.slot == *slot && c.op == Op::Eq)
    };
    let mut not_sent = Nouns::default();
    PERSONAL.iter().filter(|slot| !told(slot)).for_each(|slot| not_sent.push(label(*slot)));
    not_sent.push(Localized::new("暗証番号", "PIN"));
    let mut sealed = Nouns::default();
    policy.disclose.iter().for_each(|slot| sealed.push(label(*slot)));
    Words { proves, not_sent, sealed }
}

fn sentence(c: &Condition) -> Localized {
    match (c.slot, c.op, &c.value) {
        (Slot::Subject, ..) => Localized::new("ご契約者本人である", "You are the account holder"),
        (Slot::KycLevel, Op::Ge, Operand::Number(n)) => Localized::new(
            format!("本人確認レベルが{n}以上である"),
            format!("Your identity check is level {n} or higher"),
        ),
        (Slot::Birth, Op::Le, Operand::Years(y)) => {
            Localized::new(format!("{}歳以上である", y.years_before), format!("You are {} or older", y.years_before))
        }
        (Slot::Birth, Op::Ge, Operand::Years(y)) => {
            Localized::new(format!("{}歳以下である", y.years_before), format!("You are {} or younger", y.years_before))
        }
        (Slot::Region, Op::InSet, Operand::Set(set)) => lives_in(set),
        (Slot::Region, Op::Eq, Operand::Number(n)) => lives_in(&[u8::try_from(*n).unwrap_or(0)]),
        (Slot::Method, Op::InSet, Operand::Set(set)) => checked_by(set),
        (Slot::Method, Op::Eq, Operand::Number(n)) => checked_by(&[u8::try_from(*n).unwrap_or(0)]),
        (_, _, Operand::Amount(_)) => {
            Localized::new("利用限度額がお支払い金額以上である", "Your spending limit covers the amount")
        }
        (Slot::Limit, op, Operand::Number(n)) => {
            let (ja, en) = yen(*n);
            compared("利用限度額が", "Your spending limit is ", &ja, &en, op)
        }
        (slot, op, value) if slot.kind() == Kind::Date && op != Op::Eq => {
            let (label, day) = (label(slot), operand(slot, value));
            let (ja, en) = if op == Op::Ge { ("以降", "on or after") } else { ("以前", "on or before") };
            Localized::new(
                format!("{}が{}{ja}である", label.ja, day.ja),
                format!("Your {} is {en} {}", label.en, day.en),
            )
        }
        (slot, op, value) => {
            let label = label(slot);
            let value = operand(slot, value);
            compared(&format!("{}が", label.ja), &format!("Your {} is ", label.en), &value.ja, &value.en, op)
        }
    }
}

fn compared(subject_ja: &str, subject_en: &str, ja: &str, en: &str, op: Op) -> Localized {
    match op {
        Op::Eq => Localized::new(format!("{subject_ja}{ja}である"), format!("{subject_en}{en}")),
        Op::Ge => Localized::new(format!("{subject_ja}{ja}以上である"), format!("{subject_en}at least {en}")),
        Op::Le => Localized::new(format!("{subject_ja}{ja}以下である"), format!("{subject_en}at most {en}")),
        Op::InSet => Localized::new(format!("{subject_ja}{ja}のいずれかである"), format!("{subject_en}one of {en}")),
    }
}

fn operand(slot: Slot, value: &Operand) -> Localized {
    match value {
        Operand::Handle(_) => Localized::new("お客様番号", "customer number"),
        Operand::Amount(_) => Localized::new("お支払い金額", "the amount"),
        Operand::Number(n) if slot.kind() == Kind::Date => {
            let (y, m, d) = (n / 10_000, n / 100 % 100, n % 100);
            Localized::new(format!("{y}年{m}月{d}日"), format!("{y:04}-{m:02}-{d:02}"))
        }
        Operand::Number(n) => Localized::new(n.to_string(), n.to_string()),
        Operand::Years(y) => {
            Localized::new(format!("{}年前の今日", y.years_before), format!("this day {} years ago", y.years_before))
        }
        Operand::Set(set) => {
            let numbers: Vec<String> = set.iter().map(u8::to_string).collect();
            Localized::new(numbers.join("・"), numbers.join(", "))
        }
    }
}

fn lives_in(set: &[u8]) -> Localized {
    let names = region::describe(set);
    let ja: Vec<&str> = names.iter().map(|n| n.0).collect();
    let en: Vec<&str> = names.iter().map(|n| n.1).collect();
    let tail = if ja.len() > 1 { "のいずれかに" } else { "に" };
    Localized::new(format!("{}{tail}お住まいである", ja.join("・")), format!("You live in {}", either(&en)))
}

fn checked_by(set: &[u8]) -> Localized {
    let name = |n: &u8| match n {
        1 => ("公的個人認証(JPKI)", "My Number card (JPKI)"),
        2 => ("モバイル運転免許証等(mDL)", "a mobile driving licence (mDL)"),
        3 => ("本人確認書類", "an identity document"),
        4 => ("対面", "a visit in person"),
        _ => ("その他の方法", "another method"),
    };
    let ja: Vec<&str> = set.iter().map(|n| name(n).0).collect();
    let en: Vec<&str> = set.iter().map(|n| name(n).1).collect();
    Localized::new(
        format!("{}で本人確認を済ませている", ja.join("または")),
        format!("Your identity was checked with {}", either(&en)),
    )
}

fn either(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// Yen with the units each language reads at a glance.
fn yen(n: u64) -> (String, String) {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    let ja = if n > 0 && n < 100_000_000 && n.is_multiple_of(10_000) {
        format!("{}万円", n / 10_000)
    } else {
        format!("{grouped}円")
    };
    (ja, format!("¥{grouped}"))
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    ja: String,
    en: String,
}

/// The schema file's labels, read once.
static LABELS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Schema {
        slots: Vec<Entry>,
    }
    serde_json::from_str::<Schema>(SCHEMA_JSON).map(|schema| schema.slots).unwrap_or_default()
});

/// A slot's label from the schema file.
fn label(slot: Slot) -> Localized {
    let entry = LABELS.iter().find(|e| e.name == slot.name());
    entry.map_or_else(|| Localized::new(slot.name(), slot.name()), |e| Localized::new(&*e.ja, &*e.en))
}
