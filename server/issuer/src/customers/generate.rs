//! Synthetic customers: real prefectures and common names, made-up towns, numbers that reach nobody. The same seed
//! gives the same customers.

use honnin_protocol::date::days_in;
use honnin_protocol::region::PREFECTURES;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};

use super::{COLUMNS, Customer};

const FAMILY: [&str; 60] = [
    "佐藤",
    "鈴木",
    "高橋",
    "田中",
    "伊藤",
    "渡辺",
    "山本",
    "中村",
    "小林",
    "加藤",
    "吉田",
    "山田",
    "佐々木",
    "山口",
    "松本",
    "井上",
    "木村",
    "林",
    "斎藤",
    "清水",
    "山崎",
    "森",
    "池田",
    "橋本",
    "阿部",
    "石川",
    "山下",
    "中島",
    "石井",
    "小川",
    "前田",
    "岡田",
    "長谷川",
    "藤田",
    "後藤",
    "近藤",
    "村上",
    "遠藤",
    "青木",
    "坂本",
    "福田",
    "太田",
    "西村",
    "藤井",
    "金子",
    "岡本",
    "藤原",
    "三浦",
    "中野",
    "原田",
    "松田",
    "竹内",
    "小野",
    "中山",
    "和田",
    "石田",
    "上田",
    "森田",
    "五十嵐",
    "久保田",
];
const GIVEN: [&str; 60] = [
    "蓮",
    "陽菜",
    "翔太",
    "結衣",
    "大輝",
    "葵",
    "健太",
    "美咲",
    "拓也",
    "さくら",
    "直樹",
    "彩花",
    "雄一",
    "千尋",
    "誠",
    "麻衣",
    "浩",
    "恵子",
    "修",
    "由美",
    "隆",
    "幸子",
    "茂",
    "和子",
    "清",
    "節子",
    "勝",
    "洋子",
    "進",
    "久美子",
    "悠真",
    "凛",
    "湊",
    "紬",
    "樹",
    "芽依",
    "颯",
    "莉子",
    "新",
    "杏",
    "健太郎",
    "真由美",
    "達也",
    "智子",
    "亮",
    "直美",
    "剛",
    "裕子",
    "哲也",
    "明美",
    "奏",
    "琴音",
    "律",
    "詩織",
    "朔",
    "美奈",
    "慎一",
    "優子",
    "航",
    "香織",
];
const CITY: [&str; 24] = [
    "若葉市",
    "みなと野市",
    "桜川原市",
    "青空市",
    "白樺市",
    "緑ヶ丘市",
    "汐見市",
    "朝日野市",
    "泉原市",
    "松風市",
    "花園台市",
    "翠川市",
    "星見市",
    "雪見市",
    "月岡市",
    "藤の森市",
    "風待市",
    "海原町",
    "山際町",
    "里川町",
    "稲穂町",
    "楓町",
    "柳沢村",
    "椿村",
];
const TOWN: [&str; 20] = [
    "桜台",
    "若宮町",
    "緑町",
    "東雲",
    "栄町",
    "本町",
    "旭ヶ丘",
    "中央",
    "美園",
    "泉",
    "花見台",
    "松ヶ枝",
    "みどり野",
    "光が丘",
    "梅園",
    "清水台",
    "川原町",
    "常盤",
    "弥生",
    "富士見",
];
const BUILDING: [&str; 10] = [
    "メゾン若葉",
    "コーポ泉",
    "ハイツ桜",
    "グランデ汐見",
    "ヴィラ緑",
    "パークサイド東雲",
    "サンライズ栄",
    "レジデンス翠",
    "第二松風荘",
    "青空ハイム",
];
/// Inhabitants in 100,000, roughly: more customers live in Tokyo than in Tottori.
const WEIGHT: [u32; 47] = [
    51, 12, 12, 23, 9, 10, 18, 28, 19, 19, 73, 63, 140, 92, 21, 10, 11, 8, 8, 20, 19, 36, 75, 17, 14, 25, 88, 54, 13,
    9, 5, 7, 19, 28, 13, 7, 9, 13, 7, 51, 8, 13, 17, 11, 11, 16, 15,
];

/// `count` customers, `C-00001` onwards.
pub fn customers(count: u32, seed: u64) -> Vec<Customer> {
    let mut rng = StdRng::seed_from_u64(seed);
    (1..=count).map(|n| customer(n, &mut rng)).collect()
}

fn customer(n: u32, rng: &mut StdRng) -> Customer {
    let region = prefecture(rng);
    let kyc_level = [1, 2, 2, 2, 2, 3, 3][rng.gen_range(0..7)];
    let method = match kyc_level {
        1 => [3, 3, 4][rng.gen_range(0..3)],
        2 => [1, 1, 2, 3][rng.gen_range(0..4)],
        _ => [1, 1, 2][rng.gen_range(0..3)],
    };
    let prefix = ["090", "080", "070"][(n / 10_000 % 3) as usize];
    let branch = rng.gen_range(100..1000);
    Customer {
        handle: format!("C-{n:05}"),
        name: format!("{} {}", pick(&FAMILY, rng), pick(&GIVEN, rng)),
        birth: birth(rng),
        region,
        address: address(region, rng),
        phone: format!("{prefix}-0000-{:04}", n % 10_000),
        account: format!("{branch}-{:07}", rng.gen_range(0..10_000_000)),
        limit: [100_000, 200_000, 300_000, 500_000, 800_000, 1_000_000, 3_000_000][rng.gen_range(0..7)],
        kyc_level,
        method,
        payment_token: format!("tok_{}", hex::encode(rng.r#gen::<[u8; 12]>())),
        spare: 0,
    }
}

fn pick<'a>(list: &[&'a str], rng: &mut StdRng) -> &'a str {
    list.choose(rng).copied().unwrap_or_default()
}

fn prefecture(rng: &mut StdRng) -> u8 {
    let mut draw = rng.gen_range(0..WEIGHT.iter().sum());
    for (code, weight) in (1u8..).zip(WEIGHT) {
        if draw < weight {
            return code;
        }
        draw -= weight;
    }
    13
}

/// From 1936 to 2010: most are of age, some are not.
fn birth(rng: &mut StdRng) -> u32 {
    let (year, month) = (rng.gen_range(1936..=2010), rng.gen_range(1..=12));
    year * 10_000 + month * 100 + rng.gen_range(1..=days_in(year, month))
}

fn address(region: u8, rng: &mut StdRng) -> String {
    let place = format!("{}{}{}", PREFECTURES[usize::from(region) - 1].0, pick(&CITY, rng), pick(&TOWN, rng));
    let number = format!("{}-{}-{}", rng.gen_range(1..8), rng.gen_range(1..30), rng.gen_range(1..20));
    if rng.gen_bool(0.4) {
        format!("{place}{number} {}{}号室", pick(&BUILDING, rng), rng.gen_range(1..10) * 100 + rng.gen_range(1..9))
    } else {
        format!("{place}{number}")
    }
}

/// The customers as a CSV file.
///
/// # Errors
/// When a row cannot be written, which memory never refuses.
pub fn to_csv(customers: &[Customer]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for c in customers {
        let numbers = [u64::from(c.birth), u64::from(c.region), c.limit, c.kyc_level.into(), c.method.into(), c.spare];
        let [birth, region, limit, level, method, spare] = numbers.map(|n| n.to_string());
        writer.write_record([
            &c.handle,
            &c.name,
            &birth,
            &region,
            &c.address,
            &c.phone,
            &c.account,
            &limit,
            &level,
            &method,
            &c.payment_token,
            &spare,
        ])?;
    }
    writer.into_inner().map_err(|e| csv::Error::from(std::io::Error::other(e.to_string())))
}
