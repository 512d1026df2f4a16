package esia

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"kabinet/internal/outside/call"
	"kabinet/internal/outside/jwt"
	"kabinet/internal/platform/gost"
	"kabinet/internal/sandbox"
)

// Source: domain.md 2.2.
func TestTheStringToSignIsThatOfThePublishedExample(t *testing.T) {
	t.Parallel()
	r := request{client: "KABINET", scope: "openid fullname", stamp: "2026.11.21 12:00:00 +0000", state: "a3f1c0de-1111-4222-8333-444455556666", redirect: "https://k.example/esia/cb"}
	for flow, want := range map[Flow]string{
		PKCS7: "openid fullname2026.11.21 12:00:00 +0000KABINETa3f1c0de-1111-4222-8333-444455556666",
		Hash:  "KABINETopenid fullname2026.11.21 12:00:00 +0000a3f1c0de-1111-4222-8333-444455556666https://k.example/esia/cb",
	} {
		if got := r.text(flow); got != want {
			t.Errorf("%s: got %s, want %s", flow, got, want)
		}
	}
	r.code, r.scopeOrg = "CODE", "org"
	if got := r.text(Hash); !strings.HasPrefix(got, "KABINETopenid fullnameorg2026") || !strings.HasSuffix(got, "https://k.example/esia/cbCODE") {
		t.Errorf("of a token request: %s", got)
	}
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	if got := at.Format(stampLayout); got != r.stamp {
		t.Errorf("the time is written %s", got)
	}
}

// esiaAt is the sandbox's ЕСИА and what its files hold.
type esiaAt struct {
	*sandbox.Sandbox
	url   string
	files map[string][]byte
	key   *gost.PrivateKey
	clock time.Time
}

func newESIA(t *testing.T) *esiaAt {
	t.Helper()
	e := &esiaAt{clock: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	var err error
	if e.Sandbox, err = sandbox.New(sandbox.Options{Now: func() time.Time { return e.clock }, Slow: 300 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(e.Handler())
	t.Cleanup(func() { srv.Close(); e.Close() })
	e.url = srv.URL
	if e.files, err = e.ESIASetup(); err != nil {
		t.Fatal(err)
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(e.files["system.key"])))
	if err != nil {
		t.Fatal(err)
	}
	if e.key, err = gost.NewPrivateKey(gost.CurveOf(gost.CurveCryptoProA), secret); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *esiaAt) der(name string) []byte {
	block, _ := pem.Decode(e.files[name])
	return block.Bytes
}

// config is what an operator would set up.
func (e *esiaAt) config(t *testing.T, flow Flow) Config {
	t.Helper()
	public, err := x509.ParsePKIXPublicKey(e.der("token-rsa.pub"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := x509.ParseCertificate(e.der("token-gost.crt"))
	if err != nil {
		t.Fatal(err)
	}
	state, err := gost.ParsePublicKey(own.RawSubjectPublicKeyInfo)
	if err != nil {
		t.Fatal(err)
	}
	sum := gost.Sum256(e.der("system.crt"))
	c := Config{URL: e.url + "/esia", Issuer: "http://esia.example.test/", ClientID: sandbox.System, Flow: flow, Scopes: []string{"openid", "fullname"}, CertificateHash: hex.EncodeToString(sum[:]),
		Sign: Demo(e.key), Algs: []string{"RS256", "GOST3410_2012_256"}, Now: func() time.Time { return e.clock },
		Keys: []jwt.Key{{Use: public}, {Alg: "GOST3410_2012_256", Verify: func(signed, sig []byte) bool { return state.Verify(state.Digest(signed), sig) }}}}
	if flow == PKCS7 {
		c.Sign = cms(e.key, e.der("system.crt"), true)
	}
	return c
}

const back = "http://127.0.0.1:1/outside/back/esia"

// enter signs in as one of the sandbox's people and returns what is brought back.
func enter(t *testing.T, c *Client, typed url.Values) url.Values {
	t.Helper()
	address, err := c.AuthURL(t.Context(), "a3f1c0de-1111-4222-8333-444455556666", back)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(address, typed)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	u, err := resp.Location()
	if err != nil {
		return url.Values{"error": {"page"}, "error_description": {resp.Status}}
	}
	return u.Query()
}

func choice(level, flaw string) url.Values {
	return url.Values{"person": {"1"}, "level": {level}, "flaw": {flaw}}
}

// Proves, S-01
func TestBothFlowsTellWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	who := sandbox.People[0]
	for _, flow := range []Flow{PKCS7, Hash} {
		for _, flaw := range []string{"ok", "gost", "slow"} {
			e := newESIA(t)
			c := New(e.config(t, flow))
			brought := enter(t, c, choice("confirmed", flaw))
			p, err := c.Finish(t.Context(), brought, back)
			if err != nil {
				t.Fatalf("%s, %s: %v", flow, flaw, err)
			}
			want := Person{OID: "1000299001", Level: Confirmed, Methods: []string{"PWD"}, Surname: who.Surname, Name: who.Name, Patronymic: who.Patronymic, BirthDate: who.BirthDate, Sex: "F",
				SNILS: "999-000-001 15", INN: who.INN, Passport: Document{who.PassportSeries, who.PassportNumber, who.IssuedBy, who.IssuedOn, who.DivisionCode}, Address: who.Address, Phone: "+7(900)0001234"}
			if diff := cmp.Diff(want, p); diff != "" {
				t.Errorf("%s, %s: %s", flow, flaw, diff)
			}
		}
	}
}

func TestLevelsAreThoseThatBothAnswersName(t *testing.T) {
	t.Parallel()
	e := newESIA(t)
	c := New(e.config(t, Hash))
	for name, want := range map[string]Level{"confirmed": Confirmed, "standard": Standard, "simplified": Simplified, "child": Child} {
		p, err := c.Finish(t.Context(), enter(t, c, choice(name, "ok")), back)
		if err != nil || p.Level != want {
			t.Errorf("%s: %s, %v", name, p.Level, err)
		}
	}
	trusted := identity{}
	trusted.Holder.Trusted, trusted.Holder.Level = true, "PR"
	for _, tt := range []struct {
		says            string
		who             identity
		trusted, papers bool
		want            Level
	}{
		{"both say so", trusted, true, true, Confirmed},
		{"only the token says so", trusted, false, true, Standard},
		{"only the data say so", identity{}, true, false, Simplified},
	} {
		if got := level(tt.who, tt.trusted, tt.papers); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.says, got, tt.want)
		}
	}
}

// ASVS: V9.1.1, V9.1.2, V9.2.1, V9.2.2, V9.2.3, V10.5.4
func TestTokensThatMustNotBeBelievedAreRefused(t *testing.T) {
	t.Parallel()
	e := newESIA(t)
	c := New(e.config(t, Hash))
	for flaw, want := range map[string]error{
		"issuer": jwt.ErrToken, "audience": jwt.ErrToken, "alg": jwt.ErrToken, "key": jwt.ErrToken, "old_token": jwt.ErrToken, "type": jwt.ErrToken,
		"access": jwt.ErrToken, "swapped": jwt.ErrToken, "state": ErrState,
	} {
		if p, err := c.Finish(t.Context(), enter(t, c, choice("confirmed", flaw)), back); !errors.Is(err, want) {
			t.Errorf("%s: %+v, %v, want %v", flaw, p, err, want)
		}
	}
	cfg := e.config(t, Hash)
	cfg.Algs = []string{"RS256"}
	if _, err := New(cfg).Finish(t.Context(), enter(t, c, choice("confirmed", "gost")), back); !errors.Is(err, jwt.ErrToken) {
		t.Errorf("an algorithm that is not allowed: %v", err)
	}
}

func TestRefusalsAreToldByTheirCodes(t *testing.T) {
	t.Parallel()
	e := newESIA(t)
	c := New(e.config(t, Hash))
	code := func(err error) string {
		if refused := (*Error)(nil); errors.As(err, &refused) {
			return refused.Code
		}
		return ""
	}
	for flaw, want := range map[string]string{"007004": "007004", "007008": "007008", "007055": "007055", "expired": "007011", "reused": "007011"} {
		if _, err := c.Finish(t.Context(), enter(t, c, choice("confirmed", flaw)), back); code(err) != want {
			t.Errorf("%s: %v", flaw, err)
		}
	}
	brought := enter(t, c, choice("confirmed", "ok"))
	if _, err := c.Finish(t.Context(), brought, back); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Finish(t.Context(), brought, back); code(err) != "007011" {
		t.Errorf("a code that was used: %v", err)
	}
	if _, err := c.Finish(t.Context(), enter(t, c, choice("confirmed", "ok")), back+"2"); code(err) != "007011" {
		t.Errorf("another address to come back to: %v", err)
	}
	if _, err := c.Finish(t.Context(), url.Values{"error": {"x"}}, back); code(err) != "" || err == nil {
		t.Errorf("a refusal without a code: %v", err)
	}
	for what, change := range map[string]func(*Config){
		"007053": func(c *Config) {
			c.Sign = func(context.Context, []byte) ([]byte, error) { return make([]byte, 64), nil }
		},
		"007015": func(c *Config) { now := c.Now; c.Now = func() time.Time { return now().Add(-time.Hour) } },
		"007002": func(c *Config) { c.ClientID = "ANOTHER" },
		"007006": func(c *Config) { c.Scopes = append(c.Scopes, "everything") },
		"007013": func(c *Config) { c.Scopes = []string{"fullname"} },
	} {
		cfg := e.config(t, Hash)
		change(&cfg)
		c := New(cfg)
		if _, err := c.Finish(t.Context(), enter(t, c, choice("confirmed", "ok")), back); code(err) != what {
			t.Errorf("%s: %v", what, err)
		}
	}
	cfg := e.config(t, Hash)
	sum := gost.Sum256(e.files["system.crt"])
	cfg.CertificateHash = hex.EncodeToString(sum[:]) // of the PEM
	c = New(cfg)
	if _, err := c.Finish(t.Context(), enter(t, c, choice("confirmed", "ok")), back); code(err) != "007053" {
		t.Errorf("the hash of the PEM: %v", err)
	}
	for _, sign := range []Signer{cms(e.key, e.der("token-gost.crt"), false), Demo(e.key)} {
		cfg := e.config(t, PKCS7)
		cfg.Sign = sign
		c := New(cfg)
		if _, err := c.Finish(t.Context(), enter(t, c, choice("confirmed", "ok")), back); code(err) != "007053" {
			t.Errorf("no CMS of this system: %v", err)
		}
	}
	cfg = e.config(t, PKCS7)
	cfg.Sign = cms(e.key, e.der("system.crt"), false)
	c = New(cfg)
	if _, err := c.Finish(t.Context(), enter(t, c, choice("confirmed", "ok")), back); err != nil {
		t.Errorf("without signed attributes: %v", err)
	}
}

func TestAnESIAThatIsDownIsToldFromOneThatRefuses(t *testing.T) {
	t.Parallel()
	e := newESIA(t)
	c := New(e.config(t, Hash))
	brought := enter(t, c, choice("confirmed", "ok"))
	for _, mode := range []string{sandbox.ModeDown, sandbox.ModeBroken} {
		if err := e.SetFault(sandbox.PartnerESIA, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Finish(t.Context(), brought, back); !errors.Is(err, call.ErrDown) {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

func TestAProgramSigns(t *testing.T) {
	t.Parallel()
	got, err := Command([]string{"tr", "a-z", "A-Z"}, 5*time.Second, false)(t.Context(), []byte("abc"))
	if err != nil || string(got) != "ABC" {
		t.Errorf("got %q, %v", got, err)
	}
	got, err = Command([]string{"cat"}, 5*time.Second, true)(t.Context(), []byte("abc"))
	if err != nil || string(got) != "cba" {
		t.Errorf("reversed: %q, %v", got, err)
	}
	for what, argv := range map[string][]string{"one that fails": {"false"}, "one that says nothing": {"true"}, "one that is not there": {"/no/such/tool"}, "one that hangs": {"sleep", "30"},
		"one that says too much": {"head", "-c", "100000", "/dev/zero"}} {
		if _, err := Command(argv, 200*time.Millisecond, false)(t.Context(), nil); err == nil {
			t.Errorf("%s signs", what)
		}
	}
}

// cms makes detached CMS signatures, as a tool of an operator does.
func cms(key *gost.PrivateKey, certificate []byte, attributes bool) Signer {
	return func(_ context.Context, data []byte) ([]byte, error) {
		c, err := x509.ParseCertificate(certificate)
		if err != nil {
			return nil, err
		}
		oid := func(b *cryptobyte.Builder, dotted string) { b.AddASN1ObjectIdentifier(gost.ObjectIdentifier(dotted)) }
		sequence := func(b *cryptobyte.Builder, f cryptobyte.BuilderContinuation) { b.AddASN1(der.SEQUENCE, f) }
		attribute := func(id string, value func(b *cryptobyte.Builder)) []byte {
			var b cryptobyte.Builder
			sequence(&b, func(b *cryptobyte.Builder) { oid(b, id); b.AddASN1(der.SET, value) })
			return b.BytesOrPanic()
		}
		signed, list := data, []byte(nil)
		if attributes {
			list = slices.Concat(attribute("1.2.840.113549.1.9.3", func(b *cryptobyte.Builder) { oid(b, "1.2.840.113549.1.7.1") }),
				attribute("1.2.840.113549.1.9.4", func(b *cryptobyte.Builder) { b.AddASN1OctetString(key.Digest(data)) }))
			var b cryptobyte.Builder
			b.AddASN1(der.SET, func(b *cryptobyte.Builder) { b.AddBytes(list) })
			signed = b.BytesOrPanic()
		}
		signature, err := gost.Sign(key, key.Digest(signed))
		if err != nil {
			return nil, err
		}
		hash := func(b *cryptobyte.Builder) {
			sequence(b, func(b *cryptobyte.Builder) { oid(b, gost.OIDDigest256) })
		}
		var b cryptobyte.Builder
		sequence(&b, func(b *cryptobyte.Builder) {
			oid(b, "1.2.840.113549.1.7.2")
			b.AddASN1(der.Tag(0xa0), func(b *cryptobyte.Builder) {
				sequence(b, func(b *cryptobyte.Builder) {
					b.AddASN1Int64(1)
					b.AddASN1(der.SET, hash)
					sequence(b, func(b *cryptobyte.Builder) { oid(b, "1.2.840.113549.1.7.1") })
					b.AddASN1(der.Tag(0xa0), func(b *cryptobyte.Builder) { b.AddBytes(certificate) })
					b.AddASN1(der.SET, func(b *cryptobyte.Builder) {
						sequence(b, func(b *cryptobyte.Builder) {
							b.AddASN1Int64(1)
							sequence(b, func(b *cryptobyte.Builder) { b.AddBytes(c.RawIssuer); b.AddASN1BigInt(c.SerialNumber) })
							hash(b)
							if attributes {
								b.AddASN1(der.Tag(0xa0), func(b *cryptobyte.Builder) { b.AddBytes(list) })
							}
							sequence(b, func(b *cryptobyte.Builder) { oid(b, gost.OIDKey256) })
							b.AddASN1OctetString(signature)
						})
					})
				})
			})
		})
		return b.Bytes()
	}
}
