package gost

import (
	"math/big"
	"sync"
)

// Curve is a curve y² = x³ + ax + b over the field of p elements, with a point
// of the prime order q.
type Curve struct {
	OID  string // as certificates name it: "1.2.643.2.2.35.1"
	Size int    // of a number modulo p or q, in bytes: 32 or 64

	p, a, b, q, x, y *big.Int
	cofactor         int
}

// Curves returns all curves, those of 256 bits first. They are shared: nobody
// may write to them.
func Curves() []*Curve { return curves() }

// CurveOf returns the curve with that OID, nil when there is none.
func CurveOf(oid string) *Curve {
	for _, c := range curves() {
		if c.OID == oid {
			return c
		}
	}
	return nil
}

// OIDs of curves that the rest of the portal names.
const (
	CurveCryptoProA = "1.2.643.2.2.35.1"
	CurveXchA       = "1.2.643.2.2.36.0"
	CurveTC26A      = "1.2.643.7.1.2.1.1.1" // of 256 bits
	CurveTC26A512   = "1.2.643.7.1.2.1.2.1"
)

var curves = sync.OnceValue(func() []*Curve {
	all := make([]*Curve, len(parameters))
	number := func(hex string) *big.Int {
		n, _ := new(big.Int).SetString(hex, 16) // the test of all curves sees to it
		return n
	}
	for i, p := range parameters {
		c := &Curve{OID: p.oid, p: number(p.p), a: number(p.a), b: number(p.b), q: number(p.q), x: number(p.x), y: number(p.y), cofactor: p.cofactor}
		c.Size = (c.p.BitLen() + 7) / 8
		all[i] = c
	}
	return all
})

// parameter is a curve in hex.
type parameter struct {
	oid              string
	p, a, b, q, x, y string
	cofactor         int
}

const (
	zeros32 = "00000000000000000000000000000000"
	effs32  = "ffffffffffffffffffffffffffffffff"
)

func cryptoProA(oid string) parameter {
	return parameter{oid: oid, cofactor: 1,
		p: effs32 + "fffffffffffffffffffffffffffffd97",
		a: effs32 + "fffffffffffffffffffffffffffffd94",
		b: "a6",
		q: effs32 + "6c611070995ad10045841b09b761b893",
		x: "1",
		y: "8d91e471e0989cda27df505a453f2b7635294f2ddf23e3b122acc99c9e9f1e14"}
}

func cryptoProB(oid string) parameter {
	return parameter{oid: oid, cofactor: 1,
		p: "8000000000000000000000000000000000000000000000000000000000000c99",
		a: "8000000000000000000000000000000000000000000000000000000000000c96",
		b: "3e1af419a269a5f866a7d3c25c3df80ae979259373ff2b182f49d4ce7e1bbc8b",
		q: "800000000000000000000000000000015f700cfff1a624e5e497161bcc8a198f",
		x: "1",
		y: "3fa8124359f96680b83d1c3eb2c070e5c545c9858d03ecfb744bf8d717717efc"}
}

func cryptoProC(oid string) parameter {
	return parameter{oid: oid, cofactor: 1,
		p: "9b9f605f5a858107ab1ec85e6b41c8aacf846e86789051d37998f7b9022d759b",
		a: "9b9f605f5a858107ab1ec85e6b41c8aacf846e86789051d37998f7b9022d7598",
		b: "805a",
		q: "9b9f605f5a858107ab1ec85e6b41c8aa582ca3511eddfb74f02f3a6598980bb9",
		x: "0",
		y: "41ece55743711a8c3cbf3783cd08c0ee4d4dc440d4641a8f366e550dfdb3bb67"}
}

// parameters of all curves. The two «Xch» curves are CryptoPro's A and C under
// other names, the curves B, C and D of TC 26 are its A, B and C.
// Source: RFC 4357, 11.4; RFC 7836, appendix A.
var parameters = []parameter{
	cryptoProA(CurveCryptoProA),
	cryptoProB("1.2.643.2.2.35.2"),
	cryptoProC("1.2.643.2.2.35.3"),
	cryptoProA(CurveXchA),
	cryptoProC("1.2.643.2.2.36.1"),
	{oid: CurveTC26A, cofactor: 4,
		p: effs32 + "fffffffffffffffffffffffffffffd97",
		a: "c2173f1513981673af4892c23035a27ce25e2013bf95aa33b22c656f277e7335",
		b: "295f9bae7428ed9ccc20e7c359a9d41a22fccd9108e17bf7ba9337a6f8ae9513",
		q: "400000000000000000000000000000000fd8cddfc87b6635c115af556c360c67",
		x: "91e38443a5e82c0d880923425712b2bb658b9196932e02c78b2582fe742daa28",
		y: "32879423ab1a0375895786c4bb46e9565fde0b5344766740af268adb32322e5c"},
	cryptoProA("1.2.643.7.1.2.1.1.2"),
	cryptoProB("1.2.643.7.1.2.1.1.3"),
	cryptoProC("1.2.643.7.1.2.1.1.4"),
	{oid: CurveTC26A512, cofactor: 1,
		p: effs32 + effs32 + effs32 + "fffffffffffffffffffffffffffffdc7",
		a: effs32 + effs32 + effs32 + "fffffffffffffffffffffffffffffdc4",
		b: "e8c2505dedfc86ddc1bd0b2b6667f1da34b82574761cb0e879bd081cfd0b6265" +
			"ee3cb090f30d27614cb4574010da90dd862ef9d4ebee4761503190785a71c760",
		q: effs32 + effs32 + "27e69532f48d89116ff22b8d4e0560609b4b38abfad2b85dcacdb1411f10b275",
		x: "3",
		y: "7503cfe87a836ae3a61b8816e25450e6ce5e1c93acf1abc1778064fdcbefa921" +
			"df1626be4fd036e93d75e6a50e3a41e98028fe5fc235f5b889a589cb5215f2a4"},
	{oid: "1.2.643.7.1.2.1.2.2", cofactor: 1,
		p: "80000000000000000000000000000000" + zeros32 + zeros32 + "0000000000000000000000000000006f",
		a: "80000000000000000000000000000000" + zeros32 + zeros32 + "0000000000000000000000000000006c",
		b: "687d1b459dc841457e3e06cf6f5e2517b97c7d614af138bcbf85dc806c4b289f" +
			"3e965d2db1416d217f8b276fad1ab69c50f78bee1fa3106efb8ccbc7c5140116",
		q: "80000000000000000000000000000000" + "00000000000000000000000000000001" +
			"49a1ec142565a545acfdb77bd9d40cfa8b996712101bea0ec6346c54374f25bd",
		x: "2",
		y: "1a8f7eda389b094c2c071e3647a8940f3c123b697578c213be6dd9e6c8ec7335" +
			"dcb228fd1edf4a39152cbcaaf8c0398828041055f94ceeec7e21340780fe41bd"},
	{oid: "1.2.643.7.1.2.1.2.3", cofactor: 4,
		p: effs32 + effs32 + effs32 + "fffffffffffffffffffffffffffffdc7",
		a: "dc9203e514a721875485a529d2c722fb187bc8980eb866644de41c68e1430645" +
			"46e861c0e2c9edd92ade71f46fcf50ff2ad97f951fda9f2a2eb6546f39689bd3",
		b: "b4c4ee28cebc6c2c8ac12952cf37f16ac7efb6a9f69f4b57ffda2e4f0de5ade0" +
			"38cbc2fff719d2c18de0284b8bfef3b52b8cc7a5f5bf0a3c8d2319a5312557e1",
		q: "3fffffffffffffffffffffffffffffff" + effs32 +
			"c98cdba46506ab004c33a9ff5147502cc8eda9e7a769a12694623cef47f023ed",
		x: "e2e31edfc23de7bdebe241ce593ef5de2295b7a9cbaef021d385f7074cea043a" +
			"a27272a7ae602bf2a7b9033db9ed3610c6fb85487eae97aac5bc7928c1950148",
		y: "f5ce40d95b5eb899abbccff5911cb8577939804d6527378b8c108c3d2090ff9b" +
			"e18e2d33e3021ed2ef32d85822423b6304f726aa854bae07d0396e9a9addc40f"},
}

// point is (x/z², y/z³), the point at infinity when z is 0.
type point struct{ x, y, z *big.Int }

func (c *Curve) affine(x, y *big.Int) point { return point{x, y, big.NewInt(1)} }

func infinity() point { return point{big.NewInt(1), big.NewInt(1), new(big.Int)} }

// has reports whether (x, y) lies on the curve.
func (c *Curve) has(x, y *big.Int) bool {
	if x.Sign() < 0 || y.Sign() < 0 || x.Cmp(c.p) >= 0 || y.Cmp(c.p) >= 0 {
		return false
	}
	right := c.mul(x, x)
	right = c.mul(right.Add(right, c.a), x)
	right.Add(right, c.b).Mod(right, c.p)
	return c.mul(y, y).Cmp(right) == 0
}

func (c *Curve) mul(a, b *big.Int) *big.Int {
	r := new(big.Int).Mul(a, b)
	return r.Mod(r, c.p)
}

func (c *Curve) sub(a, b *big.Int) *big.Int {
	r := new(big.Int).Sub(a, b)
	if r.Sign() < 0 {
		r.Add(r, c.p)
	}
	return r
}

func (c *Curve) times(a *big.Int, n uint) *big.Int { // a·2^n
	r := new(big.Int).Lsh(a, n)
	return r.Mod(r, c.p)
}

func (c *Curve) double(a point) point {
	if a.z.Sign() == 0 || a.y.Sign() == 0 {
		return infinity()
	}
	yy := c.mul(a.y, a.y)
	s := c.times(c.mul(a.x, yy), 2)
	xx := c.mul(a.x, a.x)
	zz := c.mul(a.z, a.z)
	m := c.mul(c.a, c.mul(zz, zz))
	m.Add(m, xx).Add(m, xx).Add(m, xx).Mod(m, c.p)
	x := c.sub(c.sub(c.mul(m, m), s), s)
	y := c.sub(c.mul(m, c.sub(s, x)), c.times(c.mul(yy, yy), 3))
	return point{x, y, c.times(c.mul(a.y, a.z), 1)}
}

func (c *Curve) add(a, b point) point {
	switch {
	case a.z.Sign() == 0:
		return b
	case b.z.Sign() == 0:
		return a
	}
	azz, bzz := c.mul(a.z, a.z), c.mul(b.z, b.z)
	u, v := c.mul(a.x, bzz), c.mul(b.x, azz)
	s, t := c.mul(a.y, c.mul(bzz, b.z)), c.mul(b.y, c.mul(azz, a.z))
	if u.Cmp(v) == 0 {
		if s.Cmp(t) == 0 {
			return c.double(a)
		}
		return infinity()
	}
	h, r := c.sub(v, u), c.sub(t, s)
	hh := c.mul(h, h)
	hhh, uhh := c.mul(hh, h), c.mul(u, hh)
	x := c.sub(c.sub(c.sub(c.mul(r, r), hhh), uhh), uhh)
	y := c.sub(c.mul(r, c.sub(uhh, x)), c.mul(s, hhh))
	return point{x, y, c.mul(h, c.mul(a.z, b.z))}
}

// join returns m·a + n·b, the doublings shared.
func (c *Curve) join(m *big.Int, a point, n *big.Int, b point) point {
	both := c.add(a, b)
	out := infinity()
	for i := max(m.BitLen(), n.BitLen()) - 1; i >= 0; i-- {
		out = c.double(out)
		switch m.Bit(i) + 2*n.Bit(i) {
		case 1:
			out = c.add(out, a)
		case 2:
			out = c.add(out, b)
		case 3:
			out = c.add(out, both)
		}
	}
	return out
}

// plain returns x and y of a point that is not at infinity.
func (c *Curve) plain(a point) (x, y *big.Int) {
	inv := new(big.Int).ModInverse(a.z, c.p)
	ii := c.mul(inv, inv)
	return c.mul(a.x, ii), c.mul(a.y, c.mul(ii, inv))
}

func (c *Curve) base() point { return c.affine(c.x, c.y) }
