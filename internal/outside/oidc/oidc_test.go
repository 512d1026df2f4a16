package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"kabinet/internal/outside/call"
	"kabinet/internal/outside/jwt"
	"kabinet/internal/sandbox"
)

var noon = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// bank is a provider that answers as a test tells it to.
type bank struct {
	*httptest.Server
	mu     sync.Mutex
	key    *ecdsa.PrivateKey
	kid    string
	change func(discovery map[string]any)
	claims map[string]any
	asked  int // how often keys were read
}

func newBank(t *testing.T) *bank {
	t.Helper()
	b := &bank{}
	b.rotate(t, "one")
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) { json.NewEncoder(w).Encode(v) }
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		d := map[string]any{"issuer": b.URL, "authorization_endpoint": b.URL + "/auth?a=1", "token_endpoint": b.URL + "/token", "jwks_uri": b.URL + "/keys"}
		if b.change != nil {
			b.change(d)
		}
		answer(w, d)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.asked++
		point, _ := b.key.PublicKey.Bytes()
		enc := base64.RawURLEncoding.EncodeToString
		answer(w, map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "kid": b.kid, "x": enc(point[1:33]), "y": enc(point[33:])}, map[string]any{"kty": "oct", "k": "c2VjcmV0"}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		claims := map[string]any{"iss": b.URL, "aud": "kabinet", "sub": "7", "nonce": "n", "iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix()}
		for name, value := range b.claims {
			claims[name] = value
		}
		answer(w, map[string]any{"access_token": "a", "token_type": "bearer", "id_token": b.token(claims)})
	})
	b.Server = httptest.NewServer(mux)
	t.Cleanup(b.Close)
	return b
}

func (b *bank) rotate(t *testing.T, kid string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.key, b.kid = key, kid
}

func (b *bank) token(claims map[string]any) string {
	part := func(v any) string { data, _ := json.Marshal(v); return base64.RawURLEncoding.EncodeToString(data) }
	signed := part(map[string]any{"alg": "ES256", "kid": b.kid}) + "." + part(claims)
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, b.key, sum[:])
	if err != nil {
		panic(err)
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// client is one of the bank's whose clock stands still, but for what is added.
func (b *bank) client(later *time.Duration) *Client {
	return New(Config{Issuer: b.URL, ClientID: "kabinet", Secret: "s", Scopes: []string{"openid"}, Now: func() time.Time { return noon.Add(*later) }})
}

func finish(t *testing.T, c *Client) error {
	t.Helper()
	_, err := c.Finish(t.Context(), Return{Code: "c", Nonce: "n", Verifier: "v", Redirect: "https://kabinet.test/back"})
	return err
}

// ASVS: V10.2.3
func TestThePersonIsSentWithWhatTheRequestNeedsAndNoMore(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	address, err := b.client(new(time.Duration)).AuthURL(t.Context(), Request{State: "s", Nonce: "n", Verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", Redirect: "https://kabinet.test/back"})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(address)
	want := url.Values{"a": {"1"}, "response_type": {"code"}, "client_id": {"kabinet"}, "scope": {"openid"}, "redirect_uri": {"https://kabinet.test/back"}, "state": {"s"}, "nonce": {"n"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}} // the pair of RFC 7636 B
	if got := u.Query().Encode(); got != want.Encode() {
		t.Errorf("got %s, want %s", got, want.Encode())
	}
}

// ASVS: V10.5.3
func TestAProviderThatNamesItselfOtherwiseIsRefused(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]struct {
		change func(map[string]any)
		want   error
	}{
		"as it should be":                    {func(map[string]any) {}, nil},
		"another issuer":                     {func(d map[string]any) { d["issuer"] = "https://bank.example.test" }, ErrForeign},
		"a slash more":                       {func(d map[string]any) { d["issuer"] = d["issuer"].(string) + "/" }, ErrForeign},
		"nowhere to ask":                     {func(d map[string]any) { delete(d, "token_endpoint") }, call.ErrDown},
		"it would say who it is, and is not": {func(d map[string]any) { d["authorization_response_iss_parameter_supported"] = true }, ErrForeign},
	} {
		b := newBank(t)
		b.change = tt.change
		if err := finish(t, b.client(new(time.Duration))); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", what, err, tt.want)
		}
	}
	c := New(Config{Issuer: "https://bank.example.test", ClientID: "kabinet"})
	if !c.plain("http://bank.example.test/token") || c.plain("https://other.example.test/token") {
		t.Error("addresses without https are taken from a provider that has it")
	}
}

// ASVS: V9.2.1, V9.2.2, V9.2.3
func TestClaimsAreThoseOfThisRequest(t *testing.T) {
	t.Parallel()
	for what, claims := range map[string]map[string]any{
		"many audiences and no party": {"aud": []string{"kabinet", "other"}},
		"another party":               {"aud": []string{"kabinet"}, "azp": "other"},
		"no audience":                 {"aud": nil},
		"nobody":                      {"sub": ""},
		"a number for a subject":      {"sub": 7},
		"a subject too long":          {"sub": strings.Repeat("7", 256)},
		"no end":                      {"exp": nil},
		"over":                        {"exp": noon.Add(-jwt.Skew).Unix()},
		"made tomorrow":               {"iat": noon.Add(24 * time.Hour).Unix(), "exp": noon.Add(25 * time.Hour).Unix()},
		"made long ago":               {"iat": noon.Add(-2 * time.Hour).Unix()},
		"begins later":                {"nbf": noon.Add(time.Hour).Unix()},
		"no nonce":                    {"nonce": nil},
		"with another access token":   {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
		"times that are no numbers":   {"exp": "tomorrow"},
		"a list where a text belongs": {"iss": []string{"x"}},
	} {
		b := newBank(t)
		b.claims = claims
		if err := finish(t, b.client(new(time.Duration))); !errors.Is(err, jwt.ErrToken) {
			t.Errorf("%s: %v, want ErrToken", what, err)
		}
	}
	b := newBank(t)
	b.claims = map[string]any{"aud": []string{"other", "kabinet"}, "azp": "kabinet", "exp": noon.Add(-jwt.Skew + time.Second).Unix(), "nbf": noon.Add(jwt.Skew - time.Second).Unix()}
	if err := finish(t, b.client(new(time.Duration))); err != nil {
		t.Errorf("clocks that differ a little: %v", err)
	}
}

func TestKeysThatChangeAreReadAgainButNotForEveryToken(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	later := time.Duration(0)
	c := b.client(&later)
	for range 3 {
		if err := finish(t, c); err != nil {
			t.Fatal(err)
		}
	}
	if b.asked != 1 {
		t.Errorf("keys are read %d times", b.asked)
	}
	b.rotate(t, "two")
	for range 3 {
		if err := finish(t, c); !errors.Is(err, jwt.ErrKey) {
			t.Errorf("within a minute: %v", err)
		}
	}
	if b.asked != 1 {
		t.Errorf("tokens of strangers have the keys read: %d times", b.asked)
	}
	later = retryIn
	b.claims = map[string]any{"iat": noon.Add(later).Unix(), "exp": noon.Add(later + time.Minute).Unix()}
	if err := finish(t, c); err != nil {
		t.Errorf("after a minute: %v", err)
	}
}

func TestAnotherClientsCodeIsRefused(t *testing.T) {
	t.Parallel()
	s, err := sandbox.New(sandbox.Options{Slow: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(func() { srv.Close(); s.Close() })
	client := func(id string) *Client {
		return New(Config{Issuer: srv.URL + "/oidc/" + sandbox.PartnerSever, ClientID: id, Secret: s.Token(), Scopes: []string{"openid"}})
	}
	q := Request{State: "s", Nonce: "n", Verifier: "v", Redirect: "http://127.0.0.1/back"}
	address, err := client(sandbox.OtherClient).AuthURL(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	back := press(t, address)
	r := Return{Code: back.Get("code"), Issuer: back.Get("iss"), Nonce: q.Nonce, Verifier: q.Verifier, Redirect: q.Redirect}
	if _, err := client(sandbox.Client).Finish(t.Context(), r); !errors.Is(err, ErrOver) {
		t.Errorf("another client's code: %v", err)
	}
	r.Verifier = "another"
	if _, err := client(sandbox.OtherClient).Finish(t.Context(), r); !errors.Is(err, ErrOver) {
		t.Errorf("without what the request began with: %v", err)
	}
}

// press signs in as the first person of the sandbox and returns what comes back.
func press(t *testing.T, address string) url.Values {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(address, url.Values{"person": {"1"}, "flaw": {"ok"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	u, err := resp.Location()
	if err != nil {
		t.Fatal(fmt.Errorf("%d: %w", resp.StatusCode, err))
	}
	return u.Query()
}
