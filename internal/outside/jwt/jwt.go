// Package jwt checks signed tokens (RFC 7515, RFC 7519) of the partners that
// people sign in through.
//
// Only algorithms that the caller lists are taken, only by keys that the caller
// holds: what a token says of its own key (jku, x5u, jwk) is not looked at, nor
// is any token without a signature or with a shared secret. RSA and ECDSA are
// those of the standard library; another family is added by Key.Verify, which is
// how the GOST signatures of the state's tokens are checked.
package jwt

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // crypto.SHA256
	_ "crypto/sha512" // crypto.SHA384, crypto.SHA512
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

var (
	// ErrToken is returned for a token that must not be believed.
	ErrToken = errors.New("the token must not be believed")
	// ErrKey is wrapped beside ErrToken for a token signed by a key that is not
	// known: the partner may have changed its keys.
	ErrKey = errors.New("unknown key")
)

// maxToken is the longest token that is read, in characters.
const maxToken = 64 << 10

// Key checks signatures.
type Key struct {
	ID  string           // kid; "" fits tokens that name no key
	Alg string           // the only algorithm it is for; "" is any that fits its kind
	Use crypto.PublicKey // *rsa.PublicKey or *ecdsa.PublicKey; nil with Verify
	// Verify checks a signature by an algorithm of another family, which Alg
	// names.
	Verify func(signed, signature []byte) bool
}

// Header is what a token says of itself.
type Header struct {
	Alg  string   `json:"alg"`
	Kid  string   `json:"kid"`
	Typ  string   `json:"typ"`
	Sbt  string   `json:"sbt"` // ЕСИА: kind of the token
	Crit []string `json:"crit"`
}

// Open checks the signature of a token by one of the keys and one of the
// algorithms and reads its claims into v, keeping numbers as json.Number. It
// returns ErrToken and ErrKey.
func Open(token string, algs []string, keys []Key, v any) (Header, error) {
	h, payload, err := open(token, algs, keys)
	if err != nil {
		return h, err
	}
	in := json.NewDecoder(bytes.NewReader(payload))
	in.UseNumber()
	if in.Decode(v) != nil {
		return h, fmt.Errorf("%w: its claims are no JSON", ErrToken)
	}
	return h, nil
}

func open(token string, algs []string, keys []Key) (h Header, payload []byte, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > maxToken {
		return h, nil, fmt.Errorf("%w: it is not signed", ErrToken)
	}
	raw := make([][]byte, 3)
	for i, p := range parts {
		if raw[i], err = base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(p, "=")); err != nil {
			return h, nil, fmt.Errorf("%w: its encoding is wrong", ErrToken)
		}
	}
	if json.Unmarshal(raw[0], &h) != nil {
		return h, nil, fmt.Errorf("%w: its header is no JSON", ErrToken)
	}
	switch {
	case !slices.Contains(algs, h.Alg):
		return h, nil, fmt.Errorf("%w: its algorithm is not allowed", ErrToken)
	case len(h.Crit) > 0:
		return h, nil, fmt.Errorf("%w: it wants to be understood otherwise", ErrToken)
	}
	signed := []byte(parts[0] + "." + parts[1])
	known := false
	for _, k := range keys {
		if k.ID != "" && h.Kid != "" && k.ID != h.Kid || k.Alg != "" && k.Alg != h.Alg {
			continue
		}
		known = true
		if k.verify(h.Alg, signed, raw[2]) {
			return h, raw[1], nil
		}
	}
	if !known {
		return h, nil, fmt.Errorf("%w: %w", ErrToken, ErrKey)
	}
	return h, nil, fmt.Errorf("%w: its signature is wrong", ErrToken)
}

// algorithm is how a name of RFC 7518 is computed.
type algorithm struct {
	hash  crypto.Hash
	pss   bool
	curve string // of ECDSA
}

func algorithmOf(name string) (algorithm, bool) {
	switch name {
	case "RS256":
		return algorithm{hash: crypto.SHA256}, true
	case "RS384":
		return algorithm{hash: crypto.SHA384}, true
	case "RS512":
		return algorithm{hash: crypto.SHA512}, true
	case "PS256":
		return algorithm{hash: crypto.SHA256, pss: true}, true
	case "ES256":
		return algorithm{hash: crypto.SHA256, curve: "P-256"}, true
	case "ES384":
		return algorithm{hash: crypto.SHA384, curve: "P-384"}, true
	}
	return algorithm{}, false
}

func (k Key) verify(alg string, signed, signature []byte) bool {
	if k.Verify != nil {
		return k.Alg == alg && k.Verify(signed, signature)
	}
	a, ok := algorithmOf(alg)
	if !ok {
		return false
	}
	h := a.hash.New()
	h.Write(signed)
	sum := h.Sum(nil)
	switch key := k.Use.(type) {
	case *rsa.PublicKey:
		switch {
		case a.curve != "" || key.Size() < 256:
			return false
		case a.pss:
			return rsa.VerifyPSS(key, a.hash, sum, signature, nil) == nil
		}
		return rsa.VerifyPKCS1v15(key, a.hash, sum, signature) == nil
	case *ecdsa.PublicKey:
		size := (key.Params().BitSize + 7) / 8
		if a.curve != key.Params().Name || len(signature) != 2*size {
			return false
		}
		return ecdsa.Verify(key, sum, new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:]))
	}
	return false
}

// Keys reads a set of keys (RFC 7517). Keys for encryption and of kinds that are
// not known are left out. It returns ErrToken when it is no set of keys.
func Keys(data []byte) ([]Key, error) {
	var set struct {
		Keys []struct {
			Kty, Kid, Alg, Use, N, E, Crv, X, Y string
		}
	}
	if json.Unmarshal(data, &set) != nil {
		return nil, fmt.Errorf("%w: what should be keys is none", ErrToken)
	}
	var all []Key
	for _, k := range set.Keys {
		if k.Use != "" && k.Use != "sig" {
			continue
		}
		key := Key{ID: k.Kid, Alg: k.Alg}
		switch k.Kty {
		case "RSA":
			n, e := number(k.N), number(k.E)
			if n == nil || e == nil || !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 {
				continue
			}
			key.Use = &rsa.PublicKey{N: n, E: int(e.Int64())}
		case "EC":
			point, ok := ellipticPoint(k.Crv, k.X, k.Y)
			if !ok {
				continue
			}
			key.Use = point
		default:
			continue
		}
		all = append(all, key)
	}
	return all, nil
}

// ellipticPoint returns the key at a point, false when it is none of the curve.
func ellipticPoint(name, x, y string) (*ecdsa.PublicKey, bool) {
	curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384()}[name]
	px, py := number(x), number(y)
	if curve == nil || px == nil || py == nil {
		return nil, false
	}
	size := (curve.Params().BitSize + 7) / 8
	if px.BitLen() > 8*size || py.BitLen() > 8*size {
		return nil, false
	}
	point := make([]byte, 1+2*size)
	point[0] = 4 // both coordinates follow
	px.FillBytes(point[1 : 1+size])
	py.FillBytes(point[1+size:])
	key, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	return key, err == nil
}

func number(text string) *big.Int {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(b) == 0 {
		return nil
	}
	return new(big.Int).SetBytes(b)
}

// Skew is how far the partner's clock may be from ours.
const Skew = 2 * time.Minute

// Times are the claims about when a token may be believed.
type Times struct {
	Expires   json.Number `json:"exp"`
	NotBefore json.Number `json:"nbf"`
	Issued    json.Number `json:"iat"`
}

// maxAge is how old a token may be that was asked for just now.
const maxAge = time.Hour

// Check returns ErrToken for a token that is over, that begins later, or whose
// times are missing.
func (t Times) Check(now time.Time) error {
	expires, ok := moment(t.Expires)
	switch {
	case !ok:
		return fmt.Errorf("%w: it does not say when it ends", ErrToken)
	case !now.Add(-Skew).Before(expires):
		return fmt.Errorf("%w: it is over", ErrToken)
	}
	if from, ok := moment(t.NotBefore); ok && now.Add(Skew).Before(from) {
		return fmt.Errorf("%w: it begins later", ErrToken)
	}
	issued, ok := moment(t.Issued)
	if !ok || now.Add(Skew).Before(issued) || issued.Before(now.Add(-maxAge)) {
		return fmt.Errorf("%w: it was not made now", ErrToken)
	}
	return nil
}

func moment(n json.Number) (time.Time, bool) {
	seconds, err := n.Float64()
	if err != nil || seconds <= 0 || seconds > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// Texts is a claim that is one text or a list of them, as "aud" and "amr".
type Texts []string

// UnmarshalJSON reads either form.
func (t *Texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = Texts{one}
		return nil
	}
	var all []string
	if err := json.Unmarshal(data, &all); err != nil {
		return fmt.Errorf("neither a text nor a list of texts")
	}
	*t = all
	return nil
}
