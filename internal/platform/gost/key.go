package gost

import (
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers. Source: RFC 9215; those of 2001 are RFC 4491.
const (
	OIDKey256       = "1.2.643.7.1.1.1.1"
	OIDKey512       = "1.2.643.7.1.1.1.2"
	OIDDigest256    = "1.2.643.7.1.1.2.2"
	OIDDigest512    = "1.2.643.7.1.1.2.3"
	OIDSignature256 = "1.2.643.7.1.1.3.2"
	OIDSignature512 = "1.2.643.7.1.1.3.3"

	OIDKey2001       = "1.2.643.2.2.19"
	OIDSignature2001 = "1.2.643.2.2.3"
	OIDDigest94      = "1.2.643.2.2.9"
)

var (
	// ErrKey is returned for bytes that are no key of GOST R 34.10-2012, and for
	// points that do not lie where they should.
	ErrKey = errors.New("not a key of GOST R 34.10-2012")
	// ErrOutdated is returned for a key of GOST R 34.10-2001, which nobody may
	// rely on any more.
	ErrOutdated = errors.New("a key of GOST R 34.10-2001, which is outdated")
	// ErrDigest is returned for a digest whose length is not the key's.
	ErrDigest = errors.New("the digest is not of the length that the key signs")
)

// PublicKey verifies signatures.
type PublicKey struct {
	Curve *Curve
	X, Y  *big.Int
}

// NewPublicKey returns the key at a point. It returns ErrKey when the point is
// not one of the prime order on the curve.
func NewPublicKey(c *Curve, x, y *big.Int) (*PublicKey, error) {
	if !c.has(x, y) {
		return nil, fmt.Errorf("the point is not on the curve: %w", ErrKey)
	}
	if c.cofactor != 1 {
		if c.join(c.q, c.affine(x, y), new(big.Int), c.base()).z.Sign() != 0 {
			return nil, fmt.Errorf("the point is of a small order: %w", ErrKey)
		}
	}
	return &PublicKey{c, x, y}, nil
}

// Verify reports whether sig is a signature over digest: s then r, each
// big-endian. The digest is as long as a half of it.
func (k *PublicKey) Verify(digest, sig []byte) bool {
	c := k.Curve
	if len(digest) != c.Size || len(sig) != 2*c.Size {
		return false
	}
	s, r := new(big.Int).SetBytes(sig[:c.Size]), new(big.Int).SetBytes(sig[c.Size:])
	if r.Sign() == 0 || s.Sign() == 0 || r.Cmp(c.q) >= 0 || s.Cmp(c.q) >= 0 {
		return false
	}
	v := new(big.Int).ModInverse(c.number(digest), c.q)
	m := new(big.Int).Mul(s, v)
	m.Mod(m, c.q)
	n := new(big.Int).Mul(r, v)
	n.Neg(n).Mod(n, c.q)
	at := c.join(m, c.base(), n, c.affine(k.X, k.Y))
	if at.z.Sign() == 0 {
		return false
	}
	x, _ := c.plain(at)
	return x.Mod(x, c.q).Cmp(r) == 0
}

// number reads a digest: a little-endian number modulo q, 1 in place of 0.
func (c *Curve) number(digest []byte) *big.Int {
	e := little(digest)
	if e.Mod(e, c.q).Sign() == 0 {
		e.SetInt64(1)
	}
	return e
}

// little reads a little-endian number.
func little(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

// fill writes n as a little-endian number of size bytes.
func fill(n *big.Int, size int) []byte {
	b := n.FillBytes(make([]byte, size))
	slices.Reverse(b)
	return b
}

// Bytes returns X then Y, each little-endian.
func (k *PublicKey) Bytes() []byte {
	return append(fill(k.X, k.Curve.Size), fill(k.Y, k.Curve.Size)...)
}

// Equal reports whether both are the same key on the same curve.
func (k *PublicKey) Equal(o *PublicKey) bool {
	return k.Curve.OID == o.Curve.OID && k.X.Cmp(o.X) == 0 && k.Y.Cmp(o.Y) == 0
}

// ParsePublicKey reads a SubjectPublicKeyInfo. It returns ErrKey and
// ErrOutdated.
func ParsePublicKey(spki []byte) (*PublicKey, error) {
	in := cryptobyte.String(spki)
	var info, algorithm, params, bits cryptobyte.String
	var oid, curve asn1.ObjectIdentifier
	if !in.ReadASN1(&info, der.SEQUENCE) || !in.Empty() || !info.ReadASN1(&algorithm, der.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&oid) {
		return nil, ErrKey
	}
	size, digest := 0, ""
	switch oid.String() {
	case OIDKey256:
		size, digest = Size256, OIDDigest256
	case OIDKey512:
		size, digest = Size512, OIDDigest512
	case OIDKey2001:
		return nil, ErrOutdated
	}
	var raw []byte
	if size == 0 || !algorithm.ReadASN1(&params, der.SEQUENCE) || !params.ReadASN1ObjectIdentifier(&curve) ||
		!readDigest(&params, digest) || !params.Empty() || !algorithm.Empty() || !info.ReadASN1BitStringAsBytes(&raw) || !info.Empty() {
		return nil, ErrKey
	}
	c := CurveOf(curve.String())
	in = cryptobyte.String(raw)
	if c == nil || c.Size != size || !in.ReadASN1(&bits, der.OCTET_STRING) || !in.Empty() || len(bits) != 2*size {
		return nil, ErrKey
	}
	return NewPublicKey(c, little(bits[:size]), little(bits[size:]))
}

// readDigest skips the digest that the parameters of a key may name.
func readDigest(params *cryptobyte.String, want string) bool {
	if params.Empty() {
		return true
	}
	var oid asn1.ObjectIdentifier
	return params.ReadASN1ObjectIdentifier(&oid) && oid.String() == want
}

// MarshalPublicKey returns the SubjectPublicKeyInfo of k.
func MarshalPublicKey(k *PublicKey) []byte {
	key, digest := OIDKey256, OIDDigest256
	if k.Curve.Size == Size512 {
		key, digest = OIDKey512, OIDDigest512
	}
	var inner, b cryptobyte.Builder
	inner.AddASN1OctetString(k.Bytes())
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(ObjectIdentifier(key))
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(ObjectIdentifier(k.Curve.OID))
				// Only with CryptoPro's curves. Source: RFC 9215, 4.2.
				if strings.HasPrefix(k.Curve.OID, "1.2.643.2.2.") {
					b.AddASN1ObjectIdentifier(ObjectIdentifier(digest))
				}
			})
		})
		b.AddASN1BitString(inner.BytesOrPanic())
	})
	return b.BytesOrPanic()
}

// ObjectIdentifier reads "1.2.643…", of which the caller is sure.
func ObjectIdentifier(dotted string) asn1.ObjectIdentifier {
	parts := strings.Split(dotted, ".")
	oid := make(asn1.ObjectIdentifier, len(parts))
	for i, p := range parts {
		oid[i], _ = strconv.Atoi(p)
	}
	return oid
}

// PrivateKey signs in sandboxes, demonstrations and tests, never in earnest:
// the time that it takes depends on the key.
type PrivateKey struct {
	PublicKey
	d *big.Int
}

// GenerateKey makes a key on the curve.
func GenerateKey(c *Curve) (*PrivateKey, error) {
	d, err := c.random()
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return c.private(d), nil
}

// random returns a number from 1 to q-1.
func (c *Curve) random() (*big.Int, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Sub(c.q, big.NewInt(1)))
	if err != nil {
		return nil, err
	}
	return n.Add(n, big.NewInt(1)), nil
}

func (c *Curve) private(d *big.Int) *PrivateKey {
	x, y := c.plain(c.join(d, c.base(), new(big.Int), c.base()))
	return &PrivateKey{PublicKey{c, x, y}, d}
}

// NewPrivateKey returns the key with the secret number that PrivateKey.Secret
// gave. It returns ErrKey when no such key is on the curve.
func NewPrivateKey(c *Curve, secret []byte) (*PrivateKey, error) {
	d := new(big.Int).SetBytes(secret)
	if d.Sign() == 0 || d.Cmp(c.q) >= 0 {
		return nil, ErrKey
	}
	return c.private(d), nil
}

// Secret returns the secret number, big-endian.
func (k *PrivateKey) Secret() []byte { return k.d.FillBytes(make([]byte, k.Curve.Size)) }

// Sign returns a signature over digest: s then r, each big-endian. It returns
// ErrDigest when the digest is not as long as the key's curve demands.
func Sign(k *PrivateKey, digest []byte) ([]byte, error) {
	c := k.Curve
	if len(digest) != c.Size {
		return nil, ErrDigest
	}
	e := c.number(digest)
	for {
		n, err := c.random()
		if err != nil {
			return nil, fmt.Errorf("signing: %w", err)
		}
		if sig := c.sign(k.d, e, n); sig != nil {
			return sig, nil
		}
	}
}

// sign signs e with the random number k, nil when another one must be tried.
func (c *Curve) sign(d, e, k *big.Int) []byte {
	x, _ := c.plain(c.join(k, c.base(), new(big.Int), c.base()))
	r := x.Mod(x, c.q)
	s := new(big.Int).Mul(r, d)
	s.Add(s, new(big.Int).Mul(k, e)).Mod(s, c.q)
	if r.Sign() == 0 || s.Sign() == 0 {
		return nil
	}
	out := make([]byte, 2*c.Size)
	s.FillBytes(out[:c.Size])
	r.FillBytes(out[c.Size:])
	return out
}

// Digest hashes data for the key: with the hash whose length is the curve's.
func (k *PublicKey) Digest(data []byte) []byte {
	if k.Curve.Size == Size512 {
		d := Sum512(data)
		return d[:]
	}
	d := Sum256(data)
	return d[:]
}
