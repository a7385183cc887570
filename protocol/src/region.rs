//! Prefectures by their JIS X 0401 codes, and the regions people speak of.

/// Names of the 47 prefectures, Japanese and English; code 1 stands first.
pub const PREFECTURES: [(&str, &str); 47] = [
    ("北海道", "Hokkaido"),
    ("青森県", "Aomori"),
    ("岩手県", "Iwate"),
    ("宮城県", "Miyagi"),
    ("秋田県", "Akita"),
    ("山形県", "Yamagata"),
    ("福島県", "Fukushima"),
    ("茨城県", "Ibaraki"),
    ("栃木県", "Tochigi"),
    ("群馬県", "Gunma"),
    ("埼玉県", "Saitama"),
    ("千葉県", "Chiba"),
    ("東京都", "Tokyo"),
    ("神奈川県", "Kanagawa"),
    ("新潟県", "Niigata"),
    ("富山県", "Toyama"),
    ("石川県", "Ishikawa"),
    ("福井県", "Fukui"),
    ("山梨県", "Yamanashi"),
    ("長野県", "Nagano"),
    ("岐阜県", "Gifu"),
    ("静岡県", "Shizuoka"),
    ("愛知県", "Aichi"),
    ("三重県", "Mie"),
    ("滋賀県", "Shiga"),
    ("京都府", "Kyoto"),
    ("大阪府", "Osaka"),
    ("兵庫県", "Hyogo"),
    ("奈良県", "Nara"),
    ("和歌山県", "Wakayama"),
    ("鳥取県", "Tottori"),
    ("島根県", "Shimane"),
    ("岡山県", "Okayama"),
    ("広島県", "Hiroshima"),
    ("山口県", "Yamaguchi"),
    ("徳島県", "Tokushima"),
    ("香川県", "Kagawa"),
    ("愛媛県", "Ehime"),
    ("高知県", "Kochi"),
    ("福岡県", "Fukuoka"),
    ("佐賀県", "Saga"),
    ("長崎県", "Nagasaki"),
    ("熊本県", "Kumamoto"),
    ("大分県", "Oita"),
    ("宮崎県", "Miyazaki"),
    ("鹿児島県", "Kagoshima"),
    ("沖縄県", "Okinawa"),
];

/// Regions of more than one prefecture: first code, last code, names.
const GROUPS: [(u8, u8, &str, &str); 7] = [
    (2, 7, "東北", "Tohoku"),
    (8, 14, "関東", "Kanto"),
    (15, 23, "中部", "Chubu"),
    (24, 30, "近畿", "Kinki"),
    (31, 35, "中国地方", "Chugoku"),
    (36, 39, "四国", "Shikoku"),
    (40, 47, "九州・沖縄", "Kyushu and Okinawa"),
];

/// Whole regions by their names, single prefectures by theirs, in the order of the codes.
pub fn describe(codes: &[u8]) -> Vec<(&'static str, &'static str)> {
    if (1..=47).all(|code| codes.contains(&code)) {
        return vec![("日本国内", "Japan")];
    }
    let mut names = Vec::new();
    let mut code = 1u8;
    while code <= 47 {
        let whole = GROUPS.iter().find(|g| g.0 == code && (g.0..=g.1).all(|c| codes.contains(&c)));
        if let Some(group) = whole {
            names.push((group.2, group.3));
            code = group.1;
        } else if codes.contains(&code) {
            names.push(PREFECTURES[usize::from(code) - 1]);
        }
        code += 1;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_single_prefectures() {
        let ja = |codes: &[u8]| describe(codes).iter().map(|n| n.0).collect::<Vec<_>>().join(" ");
        assert_eq!(ja(&[8, 9, 10, 11, 12, 13, 14]), "関東");
        assert_eq!(ja(&[1, 2, 3, 4, 5, 6, 7, 13]), "北海道 東北 東京都");
        assert_eq!(ja(&[8, 9, 10, 11, 12, 13]), "茨城県 栃木県 群馬県 埼玉県 千葉県 東京都");
        assert_eq!(ja(&(1..=47).collect::<Vec<_>>()), "日本国内");
        assert_eq!(ja(&[0, 48, 63]), "");
    }
}
