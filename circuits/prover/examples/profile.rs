use ark_bn254::{G1Projective, G2Projective};
use ark_ec::VariableBaseMSM;
use ark_ff::{PrimeField, UniformRand, Zero};
use honnin_circuits::Fr;
use honnin_prover::{
    circuit::{assignment, shape},
    example::example,
    keys::ProvingKey,
    prepared::Prepared,
    qap,
};
use rand::{SeedableRng, rngs::StdRng};
use std::time::Instant;

fn time<T>(name: &str, mut f: impl FnMut() -> T) {
    f();
    let mut t: Vec<f64> = (0..11)
        .map(|_| {
            let s = Instant::now();
            std::hint::black_box(f());
            s.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    t.sort_by(f64::total_cmp);
    println!("{name:20} {:8.3} ms", t[5]);
}

fn main() {
    let mut rng = StdRng::seed_from_u64(1);
    let key = ProvingKey::development(&mut rng);
    let (mut statement, witness) = example();
    statement.ctx = Fr::zero();
    let z = assignment(&statement, &witness);
    let s = shape();
    let used = |m: usize| {
        let mut v: Vec<usize> = s.matrices[m].iter().flatten().map(|t| t.1).collect();
        v.sort();
        v.dedup();
        v
    };
    for m in 0..3 {
        let v = used(m);
        let bits = v.iter().filter(|&&i| z[i].into_bigint().0[1..] == [0, 0, 0] && z[i].into_bigint().0[0] < 2).count();
        println!(
            "matrix {m}: {} variables, {bits} bits, {} non-zeros",
            v.len(),
            s.matrices[m].iter().map(Vec::len).sum::<usize>()
        );
    }
    println!("variables {}", z.len());
    let q = qap::quotients(s, &z);
    time("assignment", || assignment(&statement, &witness));
    time("check", || statement.check(&witness));
    time("quotients", || qap::quotients(s, &z));
    let big: Vec<_> = q.h0.iter().map(|f| f.into_bigint()).collect();
    let g1: Vec<_> = (0..4095).map(|_| ark_bn254::G1Affine::rand(&mut rng)).collect();
    let g2: Vec<_> = (0..1000).map(|_| ark_bn254::G2Affine::rand(&mut rng)).collect();
    time("msm 4095 full g1", || G1Projective::msm_bigint(&g1, &big[..4095]));
    time("msm 1000 full g2", || G2Projective::msm_bigint(&g2, &big[..1000]));
    let bytes = key.to_bytes();
    let h = honnin_prover::keys::sha256(&bytes);
    time("load", || ProvingKey::load(&bytes, &h).unwrap());
    time("sha256", || honnin_prover::keys::sha256(&bytes));
    time("prepare", || Prepared::new(&key, &statement, &witness).unwrap());
    let p = Prepared::new(&key, &statement, &witness).unwrap();
    time("finish", || p.finish(Fr::from(u64::MAX).pow4(), &[1; 32]));
    time("direct", || {
        honnin_prover::direct::prove(&key, &statement, &witness, Fr::rand(&mut rng), Fr::rand(&mut rng)).unwrap()
    });
}
trait Pow4 {
    fn pow4(self) -> Self;
}
impl Pow4 for Fr {
    fn pow4(self) -> Self {
        self * self * self * self
    }
}
