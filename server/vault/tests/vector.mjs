// Writes vector.txt: one sealed field, made with Node's HMAC and AES, independent of the Rust code.
import { createCipheriv, createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";

const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
const part = (text) => Buffer.concat([u64(Buffer.byteLength(text)), Buffer.from(text)]);

const [key, salt, version] = [Buffer.alloc(32, 0x42), Buffer.alloc(32, 0x17), 3];
// HKDF-Expand, RFC 5869 section 2.3.
const info = Buffer.concat([part("honnin/vault/field/v1"), salt]);
const hmac = (...data) => createHmac("sha256", key).update(Buffer.concat(data)).digest();
const first = hmac(info, Buffer.from([1]));
const second = hmac(first, info, Buffer.from([2]));
const cipher = createCipheriv("aes-256-gcm", first, second.subarray(0, 12));
cipher.setAAD(Buffer.concat([Buffer.from("hv1:"), u32(version), ...["midori", "devices", "d_1", "label"].map(part)]));
const body = Buffer.concat([salt, cipher.update("携帯", "utf8"), cipher.final(), cipher.getAuthTag()]);
writeFileSync(new URL("vector.txt", import.meta.url), `hv1:${version}:${body.toString("base64url")}\n`);
