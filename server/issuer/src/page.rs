//! HTML of the clerk's page. Every value passes through [`escape`].

use axum::http::{HeaderMap, header};
use honnin_protocol::region::PREFECTURES;
use honnin_protocol::revocation::Reason;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::app::Offer;
use crate::customers::Customer;
use crate::store::customers::PAGE;

/// Language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Japanese.
    Ja,
    /// English.
    En,
}

impl Lang {
    /// The asked language, else the browser's, else Japanese.
    pub fn choose(asked: Option<&str>, headers: &HeaderMap) -> Self {
        let browser = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        match asked {
            Some("en") => Self::En,
            Some("ja") => Self::Ja,
            _ if browser.starts_with("en") => Self::En,
            _ => Self::Ja,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    fn pick<'a>(self, ja: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }
}

/// A line above the page's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Login refused.
    WrongToken,
    /// No such handle.
    UnknownCustomer,
    /// The handle looks like personal data.
    PersonalData,
    /// The verification server does not answer.
    ServerSilent,
    /// The verification server refuses this issuer's word.
    ServerRefused,
}

impl Notice {
    fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::WrongToken => lang.pick("トークンが正しくありません。", "That token is not right."),
            Self::UnknownCustomer => lang.pick("そのお客様番号は登録されていません。", "No customer has that number."),
            Self::PersonalData => lang.pick(
                "氏名・電話番号などではなく、お客様番号を入力してください。",
                "Enter the customer number, not a name, phone number or the like.",
            ),
            Self::ServerSilent => lang.pick(
                "検証サーバーから応答がありません。端末が失効したか確認できません。もう一度お試しください。",
                "The verification server does not answer. The phones may still be active: try again.",
            ),
            Self::ServerRefused => lang.pick(
                "検証サーバーに拒否されました。端末はまだ失効していません。管理者に連絡してください。",
                "The verification server refused. The phones are still active: tell your administrator.",
            ),
        }
    }
}

/// A text made harmless for HTML, in content and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A QR code as SVG, dark on white in every colour scheme: scanners want it so.
pub fn qr(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let svg = code.render::<svg::Color>().min_dimensions(240, 240).build();
    // Inside HTML the XML declaration has no place.
    Some(svg.trim_start_matches(r#"<?xml version="1.0" standalone="yes"?>"#).to_owned())
}

/// The login form.
pub fn login(lang: Lang, notice: Option<Notice>) -> String {
    let title = lang.pick("発行窓口にログイン", "Log in to the issuing desk");
    let lead = lang.pick("起動時に表示された管理トークンが必要です。", "You need the admin token shown at start.");
    let wrong = Notice::WrongToken.text(lang);
    let hidden = if notice.is_some() { "" } else { " hidden" };
    let (label, button) = (lang.pick("管理トークン", "Admin token"), lang.pick("ログイン", "Log in"));
    let body = format!(
        r#"<div class="card narrow"><h1>{title}</h1><p class="lead">{lead}</p>
<p class="notice" role="alert" id="refused"{hidden}>{wrong}</p>
<form method="post" action="/login"><label for="token">{label}</label>
<input id="token" name="token" type="password" autocomplete="off" required>
<p><button class="primary" type="submit">{button}</button></p></form></div>"#
    );
    shell(lang, title, None, "/?", &body)
}

/// The list of customers.
pub fn customers(
    lang: Lang,
    tenant: &str,
    found: &[Customer],
    total: i64,
    part: &str,
    page: i64,
    notice: Option<Notice>,
) -> String {
    let title = lang.pick("お客様", "Customers");
    let lead = lang.pick(
        "お客様を選んで登録の案内を作ると、リンクとQRコードが表示されます。",
        "Choose a customer and make an offer: you get a link and a QR code.",
    );
    let notice = notice.map_or(String::new(), |n| format!(r#"<p class="notice" role="alert">{}</p>"#, n.text(lang)));
    let rows: String = found.iter().map(|c| row(lang, c)).collect();
    let headings: String = [
        lang.pick("お客様番号", "Customer number"),
        lang.pick("氏名", "Name"),
        lang.pick("都道府県", "Prefecture"),
        lang.pick("本人確認", "Identity check"),
    ]
    .iter()
    .map(|h| format!(r#"<th scope="col">{h}</th>"#))
    .collect();
    let table = if found.is_empty() {
        format!(r#"<p class="card">{}</p>"#, lang.pick("該当するお客様はいません。", "No customer matches."))
    } else {
        let action = lang.pick("操作", "Action");
        format!(
            r#"<div class="table"><table><thead><tr>{headings}<th scope="col"><span class="unseen">{action}</span></th></tr></thead>
<tbody>{rows}</tbody></table></div>"#
        )
    };
    let q = escape(part);
    let link = |to: i64, text: &str| {
        let q: String = form_escape(part);
        format!(r#"<a href="/?q={q}&amp;page={to}&amp;lang={}">{text}</a>"#, lang.code())
    };
    let back = if page > 0 { link(page - 1, lang.pick("前へ", "Previous")) } else { String::new() };
    let on = if (page + 1) * PAGE < total { link(page + 1, lang.pick("次へ", "Next")) } else { String::new() };
    let count = match lang {
        Lang::Ja => format!("{total}名"),
        Lang::En => format!("{total} in all"),
    };
    let (label, button) = (lang.pick("お客様番号で検索", "Search by customer number"), lang.pick("検索", "Search"));
    let code = lang.code();
    let body = format!(
        r#"<h1>{title}</h1><p class="lead">{lead}</p>{notice}
<form class="search" method="get" action="/" role="search"><div><label for="q">{label}</label>
<input id="q" name="q" value="{q}" autocomplete="off" data-testid="search"></div><input type="hidden" name="lang" value="{code}">
<button type="submit">{button}</button></form>{table}
<div class="pages"><span>{back}</span><span>{count}</span><span>{on}</span></div>"#
    );
    shell(lang, title, Some(tenant), &format!("/?q={}&amp;page={page}&amp;", form_escape(part)), &body)
}

fn row(lang: Lang, c: &Customer) -> String {
    let prefecture = PREFECTURES.get(usize::from(c.region).wrapping_sub(1)).copied().unwrap_or(("", ""));
    let method = match c.method {
        1 => "JPKI",
        2 => "mDL",
        3 => lang.pick("書類", "document"),
        _ => lang.pick("対面", "in person"),
    };
    let level = match lang {
        Lang::Ja => format!("レベル{}・{method}", c.kyc_level),
        Lang::En => format!("level {}, {method}", c.kyc_level),
    };
    let (handle, name) = (escape(&c.handle), escape(&c.name));
    let revoke = format!(
        r#"<form method="get" action="/clerk/revocations"><input type="hidden" name="handle" value="{handle}"><input type="hidden" name="lang" value="{}">
<button class="quiet" type="submit" data-testid="revoke-{handle}" aria-label="{} {handle}">{}</button></form>"#,
        lang.code(),
        lang.pick("端末を失効させる", "Revoke the phones of"),
        lang.pick("端末を失効", "Revoke phones"),
    );
    format!(
        r#"<tr><td>{handle}</td><td lang="ja">{name}</td><td>{}</td><td>{level}</td><td class="actions">{revoke}
<form method="post" action="/clerk/offers"><input type="hidden" name="handle" value="{handle}"><input type="hidden" name="lang" value="{}">
<button type="submit" data-testid="offer-{handle}" aria-label="{} {handle}">{}</button></form></td></tr>"#,
        lang.pick(prefecture.0, prefecture.1),
        lang.code(),
        lang.pick("登録の案内を作る", "Make an offer for"),
        lang.pick("登録の案内を作る", "Make an offer"),
    )
}

/// A fresh offer.
pub fn offer(lang: Lang, tenant: &str, handle: &str, offer: &Offer, qr: &str, minutes: u32) -> String {
    let title = lang.pick("登録の案内", "Enrolment offer");
    let handle = escape(handle);
    let lead = match lang {
        Lang::Ja => format!("お客様 {handle} 専用・1回限り・{minutes}分間有効です。"),
        Lang::En => format!("For customer {handle} only, once, within {minutes} minutes."),
    };
    let steps: String = [
        lang.pick(
            "お客様ご本人のスマートフォンでQRコードを読み取っていただきます。",
            "Have the customer scan the code with their own phone.",
        ),
        lang.pick(
            "画面の案内に沿って、パスキーを登録していただきます。",
            "They follow the screen and register a passkey.",
        ),
        lang.pick("ほかの人には見せないでください。", "Show it to nobody else."),
    ]
    .iter()
    .map(|s| format!("<li>{s}</li>"))
    .collect();
    let link = escape(&offer.phone_url);
    let body = format!(
        r#"<h1>{title}</h1><p class="lead">{lead}</p><div class="card offer">
<div class="qr" role="img" aria-label="{qr_label}">{qr}</div>
<div><ol class="steps">{steps}</ol><p class="label">{link_label}</p>
<p class="link" id="link" data-testid="phone-url">{link}</p>
<p><button type="button" id="copy">{copy}</button> <a href="{link}" target="_blank" rel="noopener noreferrer">{open}</a>
<span id="copied" role="status" hidden>{copied}</span></p>
<p><a href="/?lang={code}">{back}</a></p></div></div>"#,
        qr_label = lang.pick("登録用QRコード", "QR code for enrolment"),
        link_label = lang.pick("同じ内容のリンク", "The same as a link"),
        copy = lang.pick("リンクをコピー", "Copy the link"),
        copied = lang.pick("コピーしました", "Copied"),
        open = lang.pick("別のウィンドウで開く", "Open in another window"),
        back = lang.pick("お客様の一覧へ戻る", "Back to the customers"),
        code = lang.code(),
    );
    shell(lang, title, Some(tenant), "/?", &body)
}

/// Whether a customer's phones are to end, and why.
pub fn revoke(lang: Lang, tenant: &str, handle: &str, notice: Option<Notice>) -> String {
    let title = lang.pick("端末の失効", "Revoke phones");
    let handle = escape(handle);
    let lead = match lang {
        Lang::Ja => format!(
            "お客様 {handle} のすべての端末を直ちに失効させます。取り消せません。再び使うには新しい登録の案内が必要です。"
        ),
        Lang::En => format!(
            "Ends every phone of customer {handle} at once. It cannot be undone: they need a new offer to enrol again."
        ),
    };
    let notice = notice.map_or(String::new(), |n| format!(r#"<p class="notice" role="alert">{}</p>"#, n.text(lang)));
    let reasons: String = Reason::ALL
        .into_iter()
        .map(|reason| {
            let text = match reason {
                Reason::Lost => lang.pick("紛失した", "Lost"),
                Reason::Stolen => lang.pick("盗まれた", "Stolen"),
                Reason::Left => lang.pick("解約した", "No customer any more"),
                Reason::Replaced => lang.pick("機種を変更した", "Replaced by another phone"),
            };
            format!(r#"<option value="{}">{text}</option>"#, reason.name())
        })
        .collect();
    let body = format!(
        r#"<div class="card narrow"><h1>{title}</h1><p class="lead">{lead}</p>{notice}
<form method="post" action="/clerk/revocations"><input type="hidden" name="handle" value="{handle}"><input type="hidden" name="lang" value="{code}">
<label for="reason">{label}</label><select id="reason" name="reason">{reasons}</select>
<p><button class="primary" type="submit" data-testid="revoke">{button}</button> <a href="/?lang={code}">{back}</a></p></form></div>"#,
        label = lang.pick("理由", "Reason"),
        button = lang.pick("すべて失効させる", "Revoke all of them"),
        back = lang.pick("やめる", "Cancel"),
        code = lang.code(),
    );
    shell(lang, title, Some(tenant), &format!("/clerk/revocations?handle={handle}&amp;"), &body)
}

/// How many phones ended.
pub fn revoked(lang: Lang, tenant: &str, handle: &str, phones: u64) -> String {
    let title = lang.pick("端末の失効", "Revoke phones");
    let handle = escape(handle);
    let text = match (lang, phones) {
        (Lang::Ja, 0) => format!("お客様 {handle} の有効な端末はありませんでした。"),
        (Lang::Ja, n) => format!("お客様 {handle} の端末を{n}台失効させました。"),
        (Lang::En, 0) => format!("Customer {handle} had no active phone."),
        (Lang::En, 1) => format!("One phone of customer {handle} was revoked."),
        (Lang::En, n) => format!("{n} phones of customer {handle} were revoked."),
    };
    let back = lang.pick("お客様の一覧へ戻る", "Back to the customers");
    let body = format!(
        r#"<div class="card narrow"><h1>{title}</h1><p role="status" data-testid="revoked">{text}</p>
<p><a href="/?lang={code}">{back}</a></p></div>"#,
        code = lang.code(),
    );
    shell(lang, title, Some(tenant), "/?", &body)
}

fn form_escape(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The frame of every page; with a tenant, the clerk is logged in. `here` is the page's own address, up to its language.
fn shell(lang: Lang, title: &str, tenant: Option<&str>, here: &str, body: &str) -> String {
    let (other, name) = match lang {
        Lang::Ja => ("en", "English"),
        Lang::En => ("ja", "日本語"),
    };
    let desk = lang.pick("発行窓口", "Issuing desk");
    let who = tenant.map_or(String::new(), |t| format!(r#"<span class="tenant">{}</span>"#, escape(t)));
    let logout = tenant.map_or(String::new(), |_| {
        let text = lang.pick("ログアウト", "Log out");
        format!(r#"<form method="post" action="/logout"><button class="quiet" type="submit">{text}</button></form>"#)
    });
    format!(
        r#"<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – Honnin</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/clerk.css"><script type="module" src="/clerk.js"></script></head><body>
<header><span class="brand"><span class="mark" aria-hidden="true" lang="ja">本</span>Honnin {desk}</span>{who}
<nav><a href="{here}lang={other}" lang="{other}">{name}</a>{logout}</nav></header><main>{body}</main></body></html>"#,
        lang = lang.code(),
    )
}
