package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

var enc = base64.RawURLEncoding.EncodeToString

func part(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return enc(data)
}

// ASVS: V9.1.1, V9.1.2, V9.1.3
func TestOnlyTokensSignedByAKnownKeyAndAnAllowedAlgorithmOpen(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(k *rsa.PrivateKey, header map[string]any) string {
		signed := part(header) + "." + part(map[string]any{"sub": "7"})
		sum := sha256.Sum256([]byte(signed))
		sig, err := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return signed + "." + enc(sig)
	}
	good := sign(key, map[string]any{"alg": "RS256", "kid": "1"})
	pieces := strings.Split(good, ".")
	mac := hmac.New(sha256.New, x509.MarshalPKCS1PublicKey(&key.PublicKey))
	shared := part(map[string]any{"alg": "HS256", "kid": "1"}) + "." + pieces[1]
	mac.Write([]byte(shared))
	other := part(map[string]any{"sub": "8"})
	for _, tt := range []struct {
		says  string
		token string
		want  error
	}{
		{"as it should be", good, nil},
		{"no key named", sign(key, map[string]any{"alg": "RS256"}), nil},
		{"not signed", part(map[string]any{"alg": "none"}) + "." + pieces[1] + ".", ErrToken},
		{"the signature cut off", pieces[0] + "." + pieces[1] + ".", ErrToken},
		{"signed by the public key as a secret", shared + "." + enc(mac.Sum(nil)), ErrToken},
		{"other claims", pieces[0] + "." + other + "." + pieces[2], ErrToken},
		{"a key that is not known", sign(key, map[string]any{"alg": "RS256", "kid": "2"}), ErrKey},
		{"a key of its own", sign(weak, map[string]any{"alg": "RS256", "kid": "1", "jwk": map[string]any{"kty": "RSA"}, "jku": "https://example.test"}), ErrToken},
		{"an algorithm that is not allowed", sign(key, map[string]any{"alg": "PS256", "kid": "1"}), ErrToken},
		{"something that must be understood", sign(key, map[string]any{"alg": "RS256", "kid": "1", "crit": []string{"b64"}, "b64": false}), ErrToken},
		{"two parts", pieces[0] + "." + pieces[1], ErrToken},
		{"no base64", good + "*", ErrToken},
		{"nothing", "", ErrToken},
		{"far too long", good + strings.Repeat("A", maxToken), ErrToken},
	} {
		var claims struct{ Sub string }
		_, err := Open(tt.token, []string{"RS256"}, []Key{{ID: "1", Use: &key.PublicKey}}, &claims)
		if !errors.Is(err, tt.want) || tt.want == nil && (err != nil || claims.Sub != "7") {
			t.Errorf("%s: %v, %+v, want %v", tt.says, err, claims, tt.want)
		}
	}
	if _, err := Open(sign(weak, map[string]any{"alg": "RS256"}), []string{"RS256"}, []Key{{Use: &weak.PublicKey}}, &struct{}{}); !errors.Is(err, ErrToken) {
		t.Errorf("a weak key: %v", err)
	}
}

func TestASignatureOfOneKindIsNotTakenForAnother(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []string{"ES256", "RS256", "PS256", "XX256"} {
		if (Key{Use: &key.PublicKey}).verify(alg, []byte("x"), make([]byte, 96)) {
			t.Errorf("%s is taken", alg)
		}
	}
	stranger := Key{Alg: "GOST3410_2012_256", Verify: func(signed, sig []byte) bool { return string(sig) == "right" }}
	if !stranger.verify("GOST3410_2012_256", nil, []byte("right")) || stranger.verify("RS256", nil, []byte("right")) || stranger.verify("GOST3410_2012_256", nil, []byte("wrong")) {
		t.Error("the other family of signatures")
	}
}

func TestKeysThatCannotBeUsedAreLeftOut(t *testing.T) {
	t.Parallel()
	keys, err := Keys([]byte(`{"keys":[{"kty":"oct","k":"c2VjcmV0"},{"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"},{"kty":"RSA","n":"AQAB","e":"AQ"},{"kty":"RSA","n":"","e":"AQAB"},
		{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"},{"kty":"EC","crv":"P-521","x":"AQ","y":"AQ"},{"kty":"OKP"},{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"a"}]}`))
	if err != nil || len(keys) != 1 || keys[0].ID != "a" {
		t.Errorf("got %+v, %v", keys, err)
	}
	if _, err := Keys([]byte(`<html>`)); !errors.Is(err, ErrToken) {
		t.Errorf("a page: %v", err)
	}
}

func TestAClaimMayBeOneTextOrMany(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]int{`"a"`: 1, `["a","b"]`: 2, `[]`: 0} {
		var all Texts
		if err := json.Unmarshal([]byte(data), &all); err != nil || len(all) != want {
			t.Errorf("%s: %v, %v", data, all, err)
		}
	}
	var all Texts
	if json.Unmarshal([]byte(`7`), &all) == nil {
		t.Error("a number is taken")
	}
}
