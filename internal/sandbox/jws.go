package sandbox

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"sync"
)

// tokenKey signs tokens (RFC 7515). Its key is made when it is first needed and
// changes with every start, as keys of partners do now and then.
type tokenKey struct {
	alg  string // RS256 or ES256
	kid  string
	once sync.Once
	rsa  *rsa.PrivateKey
	ec   *ecdsa.PrivateKey
}

func (k *tokenKey) make() {
	k.once.Do(func() {
		k.kid = rand.Text()
		var err error
		if k.alg == "RS256" {
			k.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
		} else {
			k.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		}
		if err != nil {
			panic(err) // no randomness
		}
	})
}

// token returns claims signed, with header fields besides.
func (k *tokenKey) token(claims any, header map[string]any) string {
	k.make()
	h := map[string]any{"alg": k.alg, "kid": k.kid, "typ": "JWT"}
	for name, value := range header {
		h[name] = value
	}
	signed := segment(h) + "." + segment(claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(k.sign([]byte(signed)))
}

func (k *tokenKey) sign(data []byte) []byte {
	sum := sha256.Sum256(data)
	if k.rsa != nil {
		sig, err := rsa.SignPKCS1v15(rand.Reader, k.rsa, crypto.SHA256, sum[:])
		if err != nil {
			panic(err) // the key is of the right size
		}
		return sig
	}
	r, s, err := ecdsa.Sign(rand.Reader, k.ec, sum[:])
	if err != nil {
		panic(err) // no randomness
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return sig
}

// public is the key as a partner publishes it (RFC 7517).
func (k *tokenKey) public() map[string]any {
	k.make()
	number := func(n *big.Int, size int) string {
		return base64.RawURLEncoding.EncodeToString(n.FillBytes(make([]byte, size)))
	}
	out := map[string]any{"kid": k.kid, "alg": k.alg, "use": "sig"}
	if k.rsa != nil {
		out["kty"], out["n"] = "RSA", number(k.rsa.N, k.rsa.Size())
		out["e"] = base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.rsa.E)).Bytes())
		return out
	}
	point, err := k.ec.PublicKey.Bytes() // 4 ‖ X ‖ Y
	if err != nil {
		panic(err) // the key was just made
	}
	out["kty"], out["crv"] = "EC", "P-256"
	out["x"], out["y"] = base64.RawURLEncoding.EncodeToString(point[1:33]), base64.RawURLEncoding.EncodeToString(point[33:])
	return out
}

func segment(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts, numbers and lists
	}
	return base64.RawURLEncoding.EncodeToString(data)
}
