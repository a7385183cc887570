"""Writes statement, policy, text, guard and certificate vectors into the current folder, apart from the Rust code: hashlib, plain integers."""
import hashlib, json, base64
def jcs(o): return json.dumps(o, sort_keys=True, separators=(',',':'), ensure_ascii=False)
def b64u(b): return base64.urlsafe_b64encode(b).decode().rstrip('=')
def sha(*p):
    h=hashlib.sha256()
    for x in p: h.update(x)
    return h.digest()
def f248(tag,data): return '00'+sha(tag.encode(),b'\0',data)[:31].hex()
def pol(id,preds,**k):
    p={"v":1,"id":id,"version":1,"schema":"honnin-jp-1","name":{"ja":"標準","en":"Standard"},"predicates":preds,"disclose":[],"user_verification":True,"number_match":True,"ttl_s":120,"valid_s":600}
    p.update(k); return p
H={"slot":"subject","op":"EQ","value":"handle"}
std=pol("standard",[H,{"slot":"kyc_level","op":"GE","value":2},{"slot":"birth","op":"LE","value":{"years_before":20}},{"slot":"region","op":"INSET","value":[8,9,10,11,12,13,14]}])
import unicodedata
def text(s):
    b=unicodedata.normalize('NFKC',s).encode(); return f248("honnin/text/v1",len(b).to_bytes(4,'big')+b)
def num(n): return '%064x'%n
d=lambda p: b64u(sha(b"honnin/policy/v1",b"\0",jcs(p).encode()))
lim=pol("limit",[{"slot":"limit","op":"GE","value":300000},{"slot":"method","op":"INSET","value":[1,2]},{"slot":"expiry","op":"GE","value":20270101}],name={"ja":"ご利用枠","en":"Limit"},number_match=False)
policy={"policies":[
 {"policy":std,"canonical":jcs(std),"digest":d(std),"handle":"C-20481","as_of":20261121,
  "predicates":[["subject","EQ",text("C-20481")],["kyc_level","GE",num(2)],["birth","LE",num(20061121)],["region","INSET",num(sum(1<<i for i in range(8,15)))]],
  "proves":[{"ja":"ご契約者本人である","en":"You are the account holder"},{"ja":"本人確認レベルが2以上である","en":"Your identity check is level 2 or higher"},{"ja":"20歳以上である","en":"You are 20 or older"},{"ja":"関東にお住まいである","en":"You live in Kanto"},{"ja":"本人確認が有効期限内である","en":"Your identity check is still valid"}],
  "not_sent":{"ja":["氏名","生年月日","住所","電話番号","口座番号","利用限度額","暗証番号"],"en":["name","birth date","address","phone number","account number","spending limit","PIN"]}},
 {"policy":lim,"canonical":jcs(lim),"digest":d(lim),"handle":"C-1","as_of":20280229,
  "predicates":[["limit","GE",num(300000)],["method","INSET",num(6)],["expiry","GE",num(20270101)]],
  "proves":[{"ja":"利用限度額が30万円以上である","en":"Your spending limit is at least ¥300,000"},{"ja":"公的個人認証(JPKI)またはモバイル運転免許証等(mDL)で本人確認を済ませている","en":"Your identity was checked with My Number card (JPKI) or a mobile driving licence (mDL)"},{"ja":"有効期限が2027年1月1日以降である","en":"Your expiry date is on or after 2027-01-01"},{"ja":"本人確認が有効期限内である","en":"Your identity check is still valid"}],
  "not_sent":{"ja":["氏名","生年月日","住所","電話番号","口座番号","利用限度額","暗証番号"],"en":["name","birth date","address","phone number","account number","spending limit","PIN"]}},
],
"refused":[
 {"why":"no predicates","policy":pol("x",[])},
 {"why":"five predicates","policy":pol("x",[H]*5)},
 {"why":"GE on a text","policy":pol("x",[{"slot":"name","op":"GE","value":1}])},
 {"why":"a name in a policy","policy":pol("x",[{"slot":"name","op":"EQ","value":"山田"}])},
 {"why":"the handle against another slot","policy":pol("x",[{"slot":"account","op":"EQ","value":"handle"}])},
 {"why":"GE with the handle","policy":pol("x",[{"slot":"subject","op":"GE","value":"handle"}])},
 {"why":"64 in a set","policy":pol("x",[{"slot":"spare","op":"INSET","value":[1,64]}])},
 {"why":"an unordered set","policy":pol("x",[{"slot":"region","op":"INSET","value":[9,8]}])},
 {"why":"an empty set","policy":pol("x",[{"slot":"region","op":"INSET","value":[]}])},
 {"why":"no such prefecture","policy":pol("x",[{"slot":"region","op":"INSET","value":[48]}])},
 {"why":"a set of days","policy":pol("x",[{"slot":"birth","op":"INSET","value":[1]}])},
 {"why":"30 February","policy":pol("x",[{"slot":"birth","op":"LE","value":20000230}])},
 {"why":"years on a number","policy":pol("x",[{"slot":"limit","op":"GE","value":{"years_before":1}}])},
 {"why":"no years","policy":pol("x",[{"slot":"birth","op":"LE","value":{"years_before":0}}])},
 {"why":"a set with GE","policy":pol("x",[{"slot":"region","op":"GE","value":[1]}])},
 {"why":"past 2^53","policy":pol("x",[{"slot":"limit","op":"GE","value":2**53}])},
 {"why":"a fraction","policy":pol("x",[{"slot":"limit","op":"GE","value":1.5}])},
 {"why":"a negative number","policy":pol("x",[{"slot":"limit","op":"GE","value":-1}])},
 {"why":"the holder key","policy":pol("x",[{"slot":"holder","op":"EQ","value":1}])},
 {"why":"the blinding value","policy":pol("x",[{"slot":"blinding","op":"EQ","value":1}])},
 {"why":"an unknown slot","policy":pol("x",[{"slot":"salary","op":"GE","value":1}])},
 {"why":"an unknown operation","policy":pol("x",[{"slot":"limit","op":"GT","value":1}])},
 {"why":"an unknown member","policy":pol("x",[H],extra=1)},
 {"why":"another version","policy":pol("x",[H],v=2)},
 {"why":"another schema","policy":pol("x",[H],schema="honnin-us-1")},
 {"why":"disclosure","policy":pol("x",[H],disclose=["name"])},
 {"why":"no time","policy":pol("x",[H],ttl_s=0)},
 {"why":"a bidirectional name","policy":pol("x",[H],name={"ja":"a\u202eb","en":"x"})},
 {"why":"a space in the id","policy":pol("a b",[H])},
]}
json.dump(policy,open('policy.json','w'),ensure_ascii=False,indent=1)
st={"v":1,"kind":"verification","tenant":"midori","verification":"v_AAAAAAAAAAAAAAAAAAAAAA","nonce":b64u(bytes(range(32))),"direction":"inbound","purpose":{"code":"address-change","ja":"住所変更のお手続き","en":"Address change"},"policy":{"id":"standard","version":1,"digest":d(std)},"display":{"name":{"ja":"みどり銀行","en":"Midori Bank"},"desk":{"ja":"カスタマーセンター","en":"Customer centre"},"number":"0120-000-123"},"operator":{"ja":"佐藤(みどり銀行 委託先)","en":"Sato (for Midori Bank)"},"match":{"mode":"enter","code":"47"},"call":None,"payment":None,"recipient":None,"not_before":1795300000000,"expires_at":1795300120000}
ph=json.loads(json.dumps(st)); del ph["match"]["code"]
en=json.loads(json.dumps(st)); en.update(kind="enrolment",verification="e_AAAAAAAAAAAAAAAAAAAAAA",purpose={"code":"enrolment","ja":"この端末の登録","en":"Registering this phone"},operator=None,match={"mode":"none"})
key=b64u(sha(b"a recipient's key"))
cl=json.loads(json.dumps(ph)); cl.update(direction="outbound",call={"id":"c_AAAAAAAAAAAAAAAAAAAAAA","number":"03-1234-5678","from":1795303600000,"until":1795304500000,"offered":[{"from":1795390000000,"until":1795390900000}]},match={"mode":"say","code":"08"})
pay=json.loads(json.dumps(ph)); pay.update(payment={"amount":48000,"currency":"JPY","payee":"△△株式会社","order":"A-2210","instrument":"みどりカード"},recipient={"id":"r_AAAAAAAAAAAAAAAAAAAAAA","name":{"ja":"みどりペイ","en":"Midori Pay"},"key":key,"slots":["payment_token"]})
order=json.loads(json.dumps(ph)); order.update(recipient={"id":"r_AAAAAAAAAAAAAAAAAAAAAA","name":{"ja":"桜物流","en":"Sakura Logistics"},"key":key,"slots":["name","address","phone"]})
proof=bytes((i*7)%256 for i in range(128))
def case(name,s,**k):
    ctx=f248("honnin/ctx/v1",jcs(s).encode())
    r={"name":name,"statement":s,"canonical":jcs(s),"ctx":ctx,"approval":b64u(sha(b"honnin/approval/v1",b"\0",bytes.fromhex(ctx),sha(proof)))}
    r.update(k); return r
def change(path,val,drop=False,of=None):
    s=json.loads(json.dumps(of or st)); o=s
    for k in path[:-1]: o=o[k]
    if drop: del o[path[-1]]
    else: o[path[-1]]=val
    return s
json.dump({"proof":b64u(proof),"statements":[case("with the number",st,without_code=jcs(ph)),case("as the phone receives it",ph),case("enrolment",en),case("an announced call",cl,same=jcs(cl)),case("a payment",pay),case("an order",order)],
"refused":[
 {"why":"another version","statement":change(["v"],2)},{"why":"an unknown member","statement":change(["extra"],1)},
 {"why":"an unknown member inside","statement":change(["display","logo"],"x")},{"why":"half a payment","statement":change(["payment"],{"amount":1})},
 {"why":"payment left out","statement":change(["payment"],None,True)},{"why":"operator left out","statement":change(["operator"],None,True)},
 {"why":"a short nonce","statement":change(["nonce"],"AAAA")},{"why":"a padded nonce","statement":change(["nonce"],b64u(bytes(32))+"=")},
 {"why":"a one-digit number","statement":change(["match","code"],"4")},{"why":"full-width digits","statement":change(["match","code"],"\uff14\uff17")},
 {"why":"a number that is not asked","statement":change(["match","mode"],"none")},{"why":"an unknown mode","statement":change(["match","mode"],"show")},
 {"why":"time past 2^53","statement":change(["expires_at"],2**53)},{"why":"time as a fraction","statement":change(["expires_at"],1.5)},
 {"why":"a negative time","statement":change(["not_before"],-1)},{"why":"another direction","statement":change(["direction"],"sideways")},
 {"why":"another kind","statement":change(["kind"],"payment")},{"why":"call left out","statement":change(["call"],None,True)},
 {"why":"a number to say that is not there","statement":change(["match"],{"mode":"say"})},
]+[{"why":w,"statement":change(["call"]+p,v,of=cl)} for w,p,v in [
 ("a calling number with letters",["number"],"03-CALL-ME"),("a calling number of full-width digits",["number"],"\uff10\uff13-1234"),("a calling number of two digits",["number"],"03"),
 ("a window that ends as it starts",["until"],1795303600000),("another call's window turned",["offered"],[{"from":2,"until":1}]),("four other windows",["offered"],[{"from":1,"until":2}]*4),
 ("a window with a third end",["offered"],[{"from":1,"until":2,"x":3}]),("a verification's id for a call",["id"],"v_AAAAAAAAAAAAAAAAAAAAAA"),("an unknown member in a call",["alias"],"x"),("a call past 2^53",["until"],2**53)]]+
 [{"why":"an inbound call announced","statement":change(["direction"],"inbound",of=cl)},
 {"why":"a payment to nobody","statement":change(["recipient"],None,of=pay)},{"why":"an enrolment that pays","statement":change(["kind"],"enrolment",of=pay)},
 {"why":"recipient left out","statement":change(["recipient"],None,True)},
]+[{"why":w,"statement":change(["payment"]+p,v,of=pay)} for w,p,v in [
 ("nothing to pay",["amount"],0),("a negative amount",["amount"],-1),("a fraction of a yen",["amount"],48000.5),("an amount in a string",["amount"],"48000"),("past 2^53",["amount"],2**53),
 ("thirteen digits",["amount"],10**12),("no such currency",["currency"],"JPX"),("gold",["currency"],"XAU"),("a currency in small letters",["currency"],"jpy"),
 ("a payee with a line break",["payee"],"△△\n株式会社"),("a payee that turns around",["payee"],"△△\u202e株式会社"),("a payee of two scripts",["payee"],"Midоri"),("no payee",["payee"]," "),
 ("a card number for an order",["order"],"4111-1111-1111-1111"),("a card number in full width",["instrument"],"\uff14\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11"),
 ("a card number with dots between",["order"],"4111\u30fb1111\u30fb1111\u30fb1111"),("a card number in circles",["order"],"\u2463\u2460\u2460\u2460\u2460\u2460\u2460\u2460\u2460\u2460\u2460\u2460\u2460\u2460\u2460\u2460"),
 ("a My Number",["instrument"],"1234-5678-9018"),("Arabic digits",["order"],"\u0664\u0661\u0661\u0661"),("an unknown member in a payment",["fee"],1)]]+
 [{"why":w,"statement":change(["recipient"]+p,v,of=order)} for w,p,v in [
 ("no attributes",["slots"],[]),("the account",["slots"],["account"]),("the birth date",["slots"],["name","birth"]),("an attribute twice",["slots"],["name","name"]),("another order",["slots"],["phone","name"]),
 ("a recipient whose name turns around",["name","en"],"a\u2067b"),("a short key",["key"],"AAAA"),("a call's id for a recipient",["id"],"c_AAAAAAAAAAAAAAAAAAAAAA"),("a whole key",["key"],{"kty":"EC"})]]+[
 {"why":"a longer nonce","statement":change(["nonce"],b64u(bytes(33)))},{"why":"a digest of 31 bytes","statement":change(["policy","digest"],b64u(bytes(31)))},
]},open('statement.json','w'),ensure_ascii=False,indent=1)
json.dump({"texts":[{"text":t,"field":text(t)} for t in ["C-20481","山田 太郎","ガ","カ\u3099","ABC","","東京都若葉市桜台3-12-5"]],
 "scopes":[{"tenant":"midori","scope":f248("honnin/scope/v1",b"midori")}],
 "device_session":[{"challenge":b64u(bytes(32)),"message":b64u(b"honnin/device-session/v1\0"+bytes(32))}],
 "display":[{"text":t,"ok":True} for t in ["住所変更のお手続き","Address change","佐藤(みどり銀行 委託先)","0120-000-123","葛\U000e0100城市","Ünïcode","Δ社","株式会社Δ"]]+
 [{"text":t,"ok":False,"why":w} for t,w in [("","Empty"),("  \u3000","Empty"),("x"*121,"TooLong"),("a\nb","Control"),("a\tb","Control"),("a\u0000b","Control"),("a\u2028b","Control"),("a\u202eb","Bidi"),("a\u2067b","Bidi"),("a\u200fb","Bidi"),("a\u061cb","Bidi"),("a\u200bb","Invisible"),("a\u200db","Invisible"),("a\ufeffb","Invisible"),("a\u00adb","Invisible"),("a\u3164b","Invisible"),("a\ufe0fb","Invisible"),("a\U000e0100","Invisible"),("a\U000e0041b","Invisible"),("a\ue000b","PrivateUse"),("a\U0010fffdb","PrivateUse"),("a\u0378b","Unassigned"),("a\uffffb","Unassigned"),("a\u00a0b","Space"),("a\u2003b","Space"),("カ\u3099","NotNormal"),("e\u0301","NotNormal"),("q\u0301\u0302\u0303","Marks"),("Bаnk","MixedScripts"),("Βank","MixedScripts"),("みどり Bаnk","MixedScripts")]]},open('text.json','w'),ensure_ascii=False,indent=1)
ok=["C-20481","C-00001","a","A"*64,"cust_9f3a.2","20481","0000000001","C-12345678","9b2e41d07c","C-1234567","addr-2","00-12345"]
bad={"Empty":[""],"TooLong":["A"*65],"Email":["taro@example.jp","C-1@x"],
"Phone":["09012345678","090-1234-5678","03-1234-5678","0312345678","0120-000-123","+81 90 1234 5678","+819012345678","C-090-1234-5678","090","81312345678".replace("81312345678","81-31234-5678"),"008190123456789"[:15],"+12025550123","12-090-1234-5678","090--1234--5678"],
"Card":["4111111111111111","4111-1111-1111-1111","5555 5555 5555 4444","378282246310005","C4111111111111111","C-1-4111111111111111","4111--1111--1111--1111"],
"MyNumber":["123456789018","1234-5678-9018","111111111111","1-123456789012"],
"BirthDate":["19850412","1985-04-12","C-19850412","1985--04--12"],
"Name":["山田太郎","ヤマダ","やまだ","ヤマダ","C-山","name=taro","NAME: taro","mail=x","Yamada Taro","full_name=taro","taro.yamada","yamada-taro","name-change"],
"Character":["-abc",".x","C 20481","C/1","C#1","é1","a'b","<b>","a%20b","C-1\u202e"]}
bad["Phone"]=[x for x in bad["Phone"] if x!="090"]
json.dump({"accepted":ok,"refused":[{"handle":h,"why":w} for w in bad for h in bad[w]]},open('guard.json','w'),ensure_ascii=False,indent=1)
# certificate: P-256 by hand
p=2**256-2**224+2**192+2**96-1; n=0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
G=(0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)
def add(P,Q):
    if P is None: return Q
    if Q is None: return P
    if P[0]==Q[0] and (P[1]+Q[1])%p==0: return None
    l=(3*P[0]*P[0]-3)*pow(2*P[1],-1,p) if P==Q else (Q[1]-P[1])*pow(Q[0]-P[0],-1,p)
    x=(l*l-P[0]-Q[0])%p; return x,(l*(P[0]-x)-P[1])%p
def mul(k,P):
    R=None
    while k:
        if k&1: R=add(R,P)
        P=add(P,P); k>>=1
    return R
def sign(sk,msg,k):
    z=int.from_bytes(sha(msg),'big'); r=mul(k,G)[0]%n; s=pow(k,-1,n)*(z+r*sk)%n
    return r.to_bytes(32,'big')+s.to_bytes(32,'big')
q=21888242871839275222246405745257275088548364400416034343698204186575808495617
dd=168696*pow(168700,-1,q)%q
B=(19698561148652590122159747500897617769866003486955115824547446575314762165298,19298250018296453272277890825869354524455968081175474282777126169995084727839)
assert (B[0]**2+B[1]**2-1-dd*B[0]**2*B[1]**2)%q==0
def ed(P,Q):
    t=dd*P[0]*Q[0]*P[1]*Q[1]%q
    return (P[0]*Q[1]+P[1]*Q[0])*pow(1+t,-1,q)%q,(P[1]*Q[1]-P[0]*Q[0])*pow(1-t,-1,q)%q
P5=ed(ed(ed(B,B),ed(B,B)),B)
sk=int.from_bytes(sha(b'root of the vectors'),'big')%n; other=sk+1
def jwk(s): x,y=mul(s,G); return {"kty":"EC","crv":"P-256","x":b64u(x.to_bytes(32,'big')),"y":b64u(y.to_bytes(32,'big'))}
def thumb(j): return b64u(sha(jcs(j).encode()))
def hx(P): return {"x":num(P[0]),"y":num(P[1])}
claims={"iss":"https://issuer.example","tenant":"midori","schema":"honnin-jp-1","key":hx(P5),"key_id":"bjj-1","nbf":1700000000,"exp":1800000000}
hdr={"alg":"ES256","typ":"honnin-issuer-cert+jwt","kid":thumb(jwk(sk))}
def tok(h,c,s=sk):
    inp=b64u(jcs(h).encode())+"."+b64u(jcs(c).encode()); return inp+"."+b64u(sign(s,inp.encode(),int.from_bytes(sha(inp.encode()),'big')%n))
good=tok(hdr,claims)
NOW=1750000000
ref=[("Malformed","two parts",good.rsplit('.',1)[0],NOW),("Malformed","padding",good+"=",NOW),("Malformed","an unknown claim",tok(hdr,dict(claims,admin=True)),NOW),("Malformed","a missing claim",tok(hdr,{k:v for k,v in claims.items() if k!="exp"}),NOW),("Malformed","an unknown header",tok(dict(hdr,crit=["x"]),claims),NOW),
("Algorithm","alg none",tok(dict(hdr,alg="none"),claims),NOW),("Algorithm","HS256",tok(dict(hdr,alg="HS256"),claims),NOW),("Type","a plain JWT",tok(dict(hdr,typ="JWT"),claims),NOW),("UnknownRoot","another root",tok(dict(hdr,kid=thumb(jwk(other))),claims,other),NOW),("UnknownRoot","another root under this root's kid",tok(hdr,claims,other),NOW),("UnknownRoot","a changed payload",".".join([good.split('.')[0],b64u(jcs(dict(claims,tenant="akane")).encode()),good.split('.')[2]]),NOW),
("Key","a point off the curve",tok(hdr,dict(claims,key={"x":num(1),"y":num(1)})),NOW),("Key","the point of order two",tok(hdr,dict(claims,key={"x":num(0),"y":num(q-1)})),NOW),("Key","the identity",tok(hdr,dict(claims,key={"x":num(0),"y":num(1)})),NOW),("Key","a coordinate at the modulus",tok(hdr,dict(claims,key={"x":num(q),"y":num(1)})),NOW),
("Schema","another schema",tok(hdr,dict(claims,schema="honnin-us-1")),NOW),("Window","an empty window",tok(hdr,dict(claims,nbf=5,exp=5)),NOW),("NotYetValid","a second early",good,1699999999),("Expired","the second after",good,1800000000)]
json.dump({"root":jwk(sk),"thumbprint":thumb(jwk(sk)),"certificate":good,"claims":claims,"valid_at":[1700000000,NOW,1799999999],"refused":[{"error":e,"why":w,"certificate":t,"now":t2} for e,w,t,t2 in ref]},open('certificate.json','w'),ensure_ascii=False,indent=1)
