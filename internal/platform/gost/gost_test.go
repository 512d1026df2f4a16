package gost

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const m1 = "012345678901234567890123456789012345678901234567890123456789012"

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func number(s string) *big.Int {
	n, _ := new(big.Int).SetString(s, 16)
	return n
}

func TestTheHashGivesWhatTheStandardSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, short, long string }{
		{"", "3f539a213e97c802cc229d474c6aa32a825a360b2a933a949fd925208d9ce1bb",
			"8e945da209aa869f0455928529bcae4679e9873ab707b55315f56ceb98bef0a7362f715528356ee83cda5f2aac4c6ad2ba3a715c1bcd81cb8e9f90bf4c1c1a8a"},
		{m1, "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500",
			"1b54d01a4af5b9d5cc3d86d68d285462b19abc2475222f35c085122be4ba1ffa00ad30f8767b3a82384c6574f024c311e2a481332b08ef7f41797891c1646f48"},
	} {
		if got := Sum256([]byte(c.text)); hex.EncodeToString(got[:]) != c.short {
			t.Errorf("256 of %q: %x", c.text, got)
		}
		if got := Sum512([]byte(c.text)); hex.EncodeToString(got[:]) != c.long {
			t.Errorf("512 of %q: %x", c.text, got)
		}
	}
}

func TestTheHashDoesNotDependOnHowTheTextArrives(t *testing.T) {
	t.Parallel()
	text := bytes.Repeat([]byte{0xff, 0x80, 1, 0xfe}, 60) // carries run through the sum of blocks
	for n := range len(text) + 1 {
		whole := Sum512(text[:n])
		h := New512()
		for i := 0; i < n; i += 7 {
			h.Write(text[i:min(i+7, n)])
			h.Sum(nil) // asking in between changes nothing
		}
		if got := h.Sum(nil); !bytes.Equal(got, whole[:]) {
			t.Fatalf("%d bytes in parts: %x, whole: %x", n, got, whole)
		}
	}
}

// engine writes a configuration under which openssl knows GOST. Debian:
// libengine-gost-openssl.
func engine(t testing.TB) (run func(stdin []byte, args ...string) []byte) {
	t.Helper()
	dir := t.TempDir()
	conf := filepath.Join(dir, "openssl.cnf")
	text := "openssl_conf = c\n[c]\nengines = e\n[e]\ngost = g\n[g]\nengine_id = gost\ndefault_algorithms = ALL\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(stdin []byte, args ...string) []byte {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "openssl", args...)
		cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
		cmd.Env = append(os.Environ(), "OPENSSL_CONF="+conf)
		var problems bytes.Buffer
		cmd.Stderr = &problems
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, problems.Bytes())
		}
		return out
	}
}

func TestTheHashIsWhatOpenSSLComputes(t *testing.T) {
	t.Parallel()
	openssl := engine(t)
	for _, n := range []int{1, 31, 32, 63, 64, 65, 127, 128, 129, 1000, 40000} {
		text := make([]byte, n)
		for i := range text {
			text[i] = byte(251 - i*i)
		}
		short, long := Sum256(text), Sum512(text)
		if got := openssl(text, "dgst", "-md_gost12_256", "-binary"); !bytes.Equal(got, short[:]) {
			t.Errorf("256 of %d bytes: %x, OpenSSL: %x", n, short, got)
		}
		if got := openssl(text, "dgst", "-md_gost12_512", "-binary"); !bytes.Equal(got, long[:]) {
			t.Errorf("512 of %d bytes: %x, OpenSSL: %x", n, long, got)
		}
	}
}

func TestEveryCurveIsSound(t *testing.T) {
	t.Parallel()
	if len(Curves()) != 12 {
		t.Errorf("%d curves, want 12", len(Curves()))
	}
	for _, c := range Curves() {
		if !c.p.ProbablyPrime(20) || !c.q.ProbablyPrime(20) {
			t.Errorf("%s: p or q is not prime", c.OID)
		}
		if !c.has(c.x, c.y) {
			t.Errorf("%s: the base point is not on the curve", c.OID)
		}
		if c.join(c.q, c.base(), new(big.Int), c.base()).z.Sign() != 0 {
			t.Errorf("%s: q times the base point is not zero", c.OID)
		}
		// Hasse: the number of points lies within 2·sqrt(p) of p+1.
		n := new(big.Int).Mul(c.q, big.NewInt(int64(c.cofactor)))
		d := n.Sub(n, c.p)
		d.Sub(d, big.NewInt(1)).Mul(d, d)
		if d.Cmp(new(big.Int).Mul(c.p, big.NewInt(4))) > 0 {
			t.Errorf("%s: %d times q points cannot be", c.OID, c.cofactor)
		}
	}
}

func TestTheExampleOfTheStandardIsSigned(t *testing.T) {
	t.Parallel()
	c := &Curve{Size: Size256, p: number("8000000000000000000000000000000000000000000000000000000000000431"), a: big.NewInt(7),
		b: number("5FBFF498AA938CE739B8E022FBAFEF40563F6E6A3472FC2A514C0CE9DAE23B7E"), q: number("8000000000000000000000000000000150FE8A1892976154C59CFC193ACCF5B3"),
		x: big.NewInt(2), y: number("08E2A8A0E65147D4BD6316030E16D19C85C97F0A9CA267122B96ABBCEA7E8FC8"), cofactor: 1}
	d := number("7A929ADE789BB9BE10ED359DD39A72C11B60961F49397EEE1D19CE9891EC3B28")
	e := number("2DFBC1B372D89A1188C09C52E0EEC61FCE52032AB1022E8E67ECE6672B043EE5")
	k := number("77105C9B20BCD3122823C8CF6FCC7B956DE33814E95B7FE64FED924594DCEAB3")
	want := "01456c64ba4642a1653c235a98a60249bcd6d3f746b631df928014f6c5bf9c40" + "41aa28d2f1ab148280cd9ed56feda41974053554a42767b83ad043fd39dc0493"
	got := c.sign(d, e, k)
	if hex.EncodeToString(got) != want {
		t.Errorf("s and r: %x", got)
	}
	if !c.private(d).Verify(fill(e, Size256), got) {
		t.Error("the example does not verify")
	}
}

// Signatures that another program made.
func foreign() []struct{ name, spki, sig string } {
	return []struct{ name, spki, sig string }{
		{"256, CryptoPro-A",
			"3066301f06082a85030701010101301306072a85030202230106082a850307010102020343000440dbca086157c0e2fb27782116cc7dddc33867bc554a90d3a6c47983de49602be7c2920bbb99b8deec46d56f2d2fc9230dd050454f89233d4f5c2b4c08e5db91f6",
			"8e3c166cfa18db20ed8242066f386d41019d45e24f221225573632e366e63d573cbe6412212e3bd40b602216da33d770ac969775513a2ed913c2ba8a5d7a35fd"},
		{"512, TC26-512-A",
			"3081aa302106082a85030701010102301506092a850307010201020106082a8503070101020303818400048180822f971360a1f1da14e80682af9ee9d6cfe5a1b128b547366f2964e03ca11b309c8836b82ba5ef472b47fd0fcfc5b2219ed1661334f43d83ab4cd18267aea7f5a829b3d5501071aa397e91a2a47ee768cce77aca18e3642d2c3e3024ebcd1a2002eed8ca65892137195adc0c6aa3e15fd75427fff3dee018f8c0b4742564d977",
			"a5b23291bcb50121e828c316f3c35ccf8317e744a066ae88b4f28fe8d6c07de4986a96f67febb6c5899159bfa18b7d66ac18a570202555e0ba59881ba8d4c10966f87ded702858ba4aa599a215241c305c9902363dd611ae8fc9b8065698052d76ec41a01c1198af9c6dfd40106fd91a65b3c9a6954e29c2b28e95b51bb62430"},
	}
}

const foreignText = "Кабинет: тест подписи\n"

func TestSignaturesOfOtherProgramsVerify(t *testing.T) {
	t.Parallel()
	for _, f := range foreign() {
		spki, sig := unhex(t, f.spki), unhex(t, f.sig)
		key, err := ParsePublicKey(spki)
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		digest := key.Digest([]byte(foreignText))
		if !key.Verify(digest, sig) {
			t.Errorf("%s: a genuine signature is refused", f.name)
		}
		if key.Curve.OID == CurveCryptoProA && !bytes.Equal(MarshalPublicKey(key), spki) {
			t.Errorf("%s: the key is written as %x", f.name, MarshalPublicKey(key))
		}
		for i := range sig {
			bad := bytes.Clone(sig)
			bad[i] ^= 1 << (i % 8)
			if key.Verify(digest, bad) {
				t.Errorf("%s: byte %d of the signature changed, and it passes", f.name, i)
			}
		}
		digest[0] ^= 1
		if key.Verify(digest, sig) {
			t.Errorf("%s: another text passes", f.name)
		}
	}
}

func TestWhatIsSignedVerifiesOnEveryCurve(t *testing.T) {
	t.Parallel()
	for _, c := range Curves() {
		t.Run(c.OID, func(t *testing.T) {
			t.Parallel()
			key, err := GenerateKey(c)
			if err != nil {
				t.Fatal(err)
			}
			again, err := NewPrivateKey(c, key.Secret())
			if err != nil || !again.PublicKey.Equal(&key.PublicKey) {
				t.Fatalf("the key kept and read again: %v", err)
			}
			public, err := ParsePublicKey(MarshalPublicKey(&key.PublicKey))
			if err != nil || !public.Equal(&key.PublicKey) {
				t.Fatalf("the public key written and read again: %v", err)
			}
			digest := key.Digest([]byte("text"))
			sig, err := Sign(again, digest)
			if err != nil || !public.Verify(digest, sig) {
				t.Errorf("the signature is refused: %v", err)
			}
			if public.Verify(key.Digest([]byte("test")), sig) {
				t.Error("another text passes")
			}
			if _, err := Sign(again, digest[1:]); !errors.Is(err, ErrDigest) {
				t.Errorf("a short digest: %v", err)
			}
		})
	}
}

func TestKeysThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	good := unhex(t, foreign()[0].spki)
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 4
		if k, err := ParsePublicKey(bad); err == nil {
			t.Errorf("byte %d changed: a key on %s", i, k.Curve.OID)
		}
	}
	for name, b := range map[string][]byte{"nothing": nil, "cut": good[:50], "followed by something": append(bytes.Clone(good), 0)} {
		if _, err := ParsePublicKey(b); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	old := unhex(t, "3063301c06062a8503020213301206072a85030202230106072a850302021e010343000440"+strings.Repeat("11", 64))
	if _, err := ParsePublicKey(old); !errors.Is(err, ErrOutdated) {
		t.Errorf("a key of 2001: %v", err)
	}
	// A point of order 4 or less on a curve with such points.
	c := CurveOf(CurveTC26A)
	x := new(big.Int)
	for n := int64(2); ; n++ {
		x.SetInt64(n)
		y := c.mul(x, x)
		y = c.mul(y.Add(y, c.a), x)
		y.Add(y, c.b).Mod(y, c.p)
		if y = new(big.Int).ModSqrt(y, c.p); y == nil {
			continue
		}
		small := c.join(c.q, c.affine(x, y), new(big.Int), c.base())
		if small.z.Sign() == 0 {
			continue
		}
		sx, sy := c.plain(small)
		if _, err := NewPublicKey(c, sx, sy); !errors.Is(err, ErrKey) {
			t.Errorf("a point of small order: %v", err)
		}
		break
	}
	if _, err := NewPrivateKey(c, c.q.Bytes()); !errors.Is(err, ErrKey) {
		t.Errorf("the secret q: %v", err)
	}
}

func TestOpenSSLsSignaturesVerify(t *testing.T) {
	t.Parallel()
	openssl := engine(t)
	for _, c := range []struct{ algorithm, set, digest string }{
		{"gost2012_256", "A", "md_gost12_256"}, {"gost2012_256", "B", "md_gost12_256"}, {"gost2012_256", "C", "md_gost12_256"},
		{"gost2012_256", "XA", "md_gost12_256"}, {"gost2012_256", "XB", "md_gost12_256"},
		{"gost2012_256", "TCA", "md_gost12_256"}, {"gost2012_256", "TCB", "md_gost12_256"}, {"gost2012_256", "TCC", "md_gost12_256"}, {"gost2012_256", "TCD", "md_gost12_256"},
		{"gost2012_512", "A", "md_gost12_512"}, {"gost2012_512", "B", "md_gost12_512"}, {"gost2012_512", "C", "md_gost12_512"},
	} {
		t.Run(fmt.Sprint(c.algorithm, c.set), func(t *testing.T) {
			dir := t.TempDir()
			file, text := filepath.Join(dir, "key.pem"), filepath.Join(dir, "text")
			if err := os.WriteFile(text, []byte(foreignText), 0o600); err != nil {
				t.Fatal(err)
			}
			openssl(nil, "genpkey", "-algorithm", c.algorithm, "-pkeyopt", "paramset:"+c.set, "-out", file)
			key, err := ParsePublicKey(openssl(nil, "pkey", "-in", file, "-pubout", "-outform", "DER"))
			if err != nil {
				t.Fatal(err)
			}
			digest := key.Digest([]byte(foreignText))
			if !key.Verify(digest, openssl(nil, "dgst", "-"+c.digest, "-sign", file, "-binary", text)) {
				t.Error("OpenSSL's signature is refused")
			}
		})
	}
}

func BenchmarkVerify256(b *testing.B) { benchmarkVerify(b, 0) }
func BenchmarkVerify512(b *testing.B) { benchmarkVerify(b, 1) }

func benchmarkVerify(b *testing.B, i int) {
	key, err := ParsePublicKey(unhex(b, foreign()[i].spki))
	if err != nil {
		b.Fatal(err)
	}
	sig, digest := unhex(b, foreign()[i].sig), key.Digest([]byte(foreignText))
	for b.Loop() {
		if !key.Verify(digest, sig) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkHash256(b *testing.B) {
	text := make([]byte, 64<<10)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Sum256(text)
	}
}
