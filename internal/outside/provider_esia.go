package outside

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/outside/esia"
	"kabinet/internal/outside/jwt"
	"kabinet/internal/person/ident"
	"kabinet/internal/platform/gost"
)

// state is ЕСИА, and what its word is worth.
type state struct {
	client  *esia.Client
	vouches []string
	strong  []string
	level   account.Level // at most
}

func (g *state) begin(ctx context.Context, t trip, redirect string) (string, error) {
	return g.client.AuthURL(ctx, t.State, redirect)
}

func (g *state) finish(ctx context.Context, _ trip, redirect string, back url.Values) (Said, error) {
	p, err := g.client.Finish(ctx, back, redirect)
	if err != nil {
		return Said{}, err
	}
	return g.said(p)
}

// said reads what ЕСИА knows. What is not in the form it must have is left out.
// It returns ErrChild.
func (g *state) said(e esia.Person) (Said, error) {
	if e.Level == esia.Child {
		return Said{}, ErrChild
	}
	s := Said{Subject: e.OID}
	p := &s.Person
	p.Surname, p.Name, p.Patronymic = properName(e.Surname), properName(e.Name), properName(e.Patronymic)
	p.BirthDate, p.BirthPlace, p.Sex = day(e.BirthDate), clipped(e.BirthPlace), sex(e.Sex)
	p.SNILS, _ = ident.ParseSNILS(e.SNILS)
	p.INN, _ = ident.ParsePersonINN(e.INN)
	p.PassportSeries, p.PassportNumber, _ = ident.ParsePassport(e.Passport.Series, e.Passport.Number)
	if p.PassportNumber != "" {
		p.PassportIssuedOn, p.PassportIssuedBy = day(e.Passport.IssuedOn), clipped(e.Passport.IssuedBy)
		p.DivisionCode, _ = ident.ParseDivisionCode(e.Passport.Division)
	}
	p.Address = clipped(e.Address)
	if p.Surname == "" && p.Name == "" {
		return s, fmt.Errorf("%w: it does not name the person", jwt.ErrToken)
	}
	switch e.Level {
	case esia.Confirmed:
		s.Level = account.Confirmed
	case esia.Standard:
		s.Level = account.Standard
	}
	if s.Level != "" && !g.level.AtLeast(s.Level) {
		s.Level = g.level
	}
	if s.Level != "" {
		p.Verified = vouched(*p)
	}
	if slices.Contains(g.vouches, "phone") {
		s.Phone, _ = account.ParsePhone(e.Phone)
	}
	if slices.Contains(g.vouches, "email") {
		s.Email, _ = account.ParseEmail(e.Email)
	}
	s.Strong = slices.ContainsFunc(e.Methods, func(m string) bool { return slices.Contains(g.strong, m) })
	return s, nil
}

// refusals are the codes of ЕСИА of which a person can do something. Those that
// are left are mistakes in how this portal is set up.
func refusals() map[string]error {
	return map[string]error{
		"007004": ErrDenied, "007011": ErrOver, "007007": ErrDown, "007008": ErrDown, "007046": ErrNoCode, "007055": ErrUnconfirmed,
		"036700": ErrDenied, "036701": ErrDenied, "036702": ErrDenied,
	}
}

// refusedBy is what a person is told of a refusal by ЕСИА.
func refusedBy(e *esia.Error) error {
	if known, ok := refusals()[e.Code]; ok {
		return known
	}
	if strings.HasPrefix(e.Code, "0367") {
		return ErrDenied // of the consent at ЕСИА
	}
	return ErrSetup
}

// esiaEntry says how ЕСИА is reached and how requests are signed.
type esiaEntry struct {
	URL      string   `yaml:"url"`
	Issuer   string   `yaml:"issuer"`
	ClientID string   `yaml:"client_id"`
	Flow     string   `yaml:"flow"` // hash (default), pkcs7
	Scopes   []string `yaml:"scopes"`
	ScopeOrg []string `yaml:"scope_org"`
	Paths    struct {
		Auth   string `yaml:"auth"`
		Token  string `yaml:"token"`
		Person string `yaml:"person"`
	} `yaml:"paths"`
	Certificate   string        `yaml:"certificate"` // of this system, PEM or DER; only its hash is used
	Signer        []string      `yaml:"signer"`      // a program and its arguments
	SignerTimeout time.Duration `yaml:"signer_timeout"`
	Reversed      bool          `yaml:"signer_reversed"`
	DemoKey       string        `yaml:"demo_key"` // of the sandbox, in place of a signer
	TokenKeys     []string      `yaml:"token_keys"`
	Algorithms    []string      `yaml:"algorithms"`
	Timeout       time.Duration `yaml:"timeout"`
}

// gate makes the connector.
func (e *esiaEntry) gate(of entryOf, level account.Level, dir string, now func() time.Time) (gate, error) {
	var faults []error
	fault := func(bad bool, text string) {
		if bad {
			faults = append(faults, errors.New(text))
		}
	}
	flow := esia.Flow(e.Flow)
	if flow == "" {
		flow = esia.Hash
	}
	algs := e.Algorithms
	if len(algs) == 0 {
		algs = []string{"RS256", gostAlg}
	}
	fault(!safe(e.URL), "esia.url must be an https address; http is for this machine only")
	fault(flow != esia.Hash && flow != esia.PKCS7, "esia.flow is hash or pkcs7")
	fault(e.Issuer == "", "esia.issuer is missing")
	fault(e.ClientID == "", "esia.client_id is missing")
	fault(!slices.Contains(e.Scopes, "openid"), "esia.scopes must hold openid")
	fault((len(e.Signer) == 0) == (e.DemoKey == ""), "esia.signer names the program that signs requests; esia.demo_key is for the sandbox")
	fault(slices.ContainsFunc(algs, func(a string) bool { return a != "RS256" && a != gostAlg }), "esia.algorithms knows RS256 and "+gostAlg)
	hash, err := certificateHash(flow, e.Certificate, dir)
	fault(err != nil, fmt.Sprint("esia.certificate: ", err))
	keys, err := tokenKeys(e.TokenKeys, dir)
	fault(err != nil, fmt.Sprint("esia.token_keys: ", err))
	sign, err := e.signer(dir)
	fault(err != nil, fmt.Sprint("esia.demo_key: ", err))
	client := esia.New(esia.Config{URL: strings.TrimSuffix(e.URL, "/"), Paths: esia.Paths(e.Paths), Issuer: e.Issuer, ClientID: e.ClientID, Flow: flow, Scopes: e.Scopes,
		ScopeOrg: e.ScopeOrg, CertificateHash: hash, Sign: sign, Algs: algs, Keys: keys, Timeout: e.Timeout, Now: now})
	return &state{client: client, vouches: of.Vouches, strong: of.Strong, level: level}, errors.Join(faults...)
}

// gostAlg is how tokens name the state's own signature.
const gostAlg = "GOST3410_2012_256"

func (e *esiaEntry) signer(dir string) (esia.Signer, error) {
	if e.DemoKey == "" {
		timeout := e.SignerTimeout
		if timeout == 0 {
			timeout = 5 * time.Second
		}
		return esia.Command(e.Signer, timeout, e.Reversed), nil
	}
	text, err := os.ReadFile(within(dir, e.DemoKey))
	if err != nil {
		return nil, err
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, errors.New("is not the key that the sandbox gives out")
	}
	key, err := gost.NewPrivateKey(gost.CurveOf(gost.CurveCryptoProA), secret)
	if err != nil {
		return nil, err
	}
	return esia.Demo(key), nil
}

// unpacked returns the DER of a file that holds it as it is or in PEM.
func unpacked(name, dir string) ([]byte, error) {
	data, err := os.ReadFile(within(dir, name))
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(data); block != nil {
		return block.Bytes, nil
	}
	return bytes.TrimSpace(data), nil
}

// certificateHash is the Streebog-256 of the certificate in DER, hex. The hash of
// the file in PEM is another, which ЕСИА refuses (007053).
func certificateHash(flow esia.Flow, name, dir string) (string, error) {
	if flow != esia.Hash {
		return "", nil
	}
	if name == "" {
		return "", errors.New("is missing")
	}
	data, err := unpacked(name, dir)
	if err != nil {
		return "", err
	}
	if _, err := x509.ParseCertificate(data); err != nil {
		return "", errors.New("is no certificate")
	}
	sum := gost.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// tokenKeys reads what ЕСИА signs tokens with: certificates or public keys, RSA
// or GOST.
func tokenKeys(names []string, dir string) (all []jwt.Key, err error) {
	if len(names) == 0 {
		return nil, errors.New("are missing")
	}
	for _, name := range names {
		data, err := unpacked(name, dir)
		if err != nil {
			return nil, err
		}
		if c, err := x509.ParseCertificate(data); err == nil {
			data = c.RawSubjectPublicKeyInfo
		}
		if key, err := gost.ParsePublicKey(data); err == nil {
			all = append(all, jwt.Key{Alg: gostAlg, Verify: func(signed, signature []byte) bool { return key.Verify(key.Digest(signed), signature) }})
			continue
		}
		key, err := x509.ParsePKIXPublicKey(data)
		if err != nil {
			return nil, fmt.Errorf("%s holds no key", name)
		}
		all = append(all, jwt.Key{Use: key})
	}
	return all, nil
}
