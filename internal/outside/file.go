package outside

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"kabinet/internal/account"
	"kabinet/internal/outside/oidc"
	"kabinet/internal/platform/i18n"
)

// file is the list of providers as the operator writes it. docs/outside.md
// explains it with an example.
type file struct {
	Providers []entryOf `yaml:"providers"`
}

// entryOf is one provider of the file.
type entryOf struct {
	ID      string     `yaml:"id"`
	Kind    Kind       `yaml:"kind"`
	Title   i18n.Words `yaml:"title"`
	Icon    string     `yaml:"icon"`    // "" is that of its kind
	Level   string     `yaml:"level"`   // none, standard, confirmed
	Vouches []string   `yaml:"vouches"` // phone, email
	Strong  []string   `yaml:"strong"`  // values of the claim amr
	OIDC    *oidcEntry `yaml:"oidc"`
	ESIA    *esiaEntry `yaml:"esia"`
}

// oidcEntry says how a provider of OpenID Connect is reached.
type oidcEntry struct {
	Issuer     string   `yaml:"issuer"`
	ClientID   string   `yaml:"client_id"`
	Secret     string   `yaml:"secret"`
	SecretFile string   `yaml:"secret_file"`
	SecretIn   string   `yaml:"secret_in"` // header (default), form
	Scopes     []string `yaml:"scopes"`
	Algorithms []string `yaml:"algorithms"`
	Endpoints  struct {
		Auth      string `yaml:"auth"`
		Token     string `yaml:"token"`
		Keys      string `yaml:"keys"`
		UserInfo  string `yaml:"user_info"`
		Device    string `yaml:"device"`
		Completed string `yaml:"completed"`
	} `yaml:"endpoints"`
	Extra       map[string]string `yaml:"extra"`
	RequestIDs  bool              `yaml:"request_ids"`
	Scan        bool              `yaml:"scan"` // offer the sign-in by a second device
	Certificate string            `yaml:"certificate"`
	Key         string            `yaml:"certificate_key"`
	Claims      map[string]string `yaml:"claims"`
}

// ReadProviders reads the list of providers. Names of other files in it are
// relative to dir. The error names every fault.
func ReadProviders(data []byte, dir string, now func() time.Time) ([]Provider, error) {
	var f file
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&f); err != nil {
		first, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n") // what follows quotes the file, perhaps a secret
		return nil, fmt.Errorf("outside sign-ins: %s", first)
	}
	var all []Provider
	var faults []error
	for i, e := range f.Providers {
		p, err := e.provider(dir, now)
		if slices.ContainsFunc(all, func(other Provider) bool { return other.ID == p.ID }) {
			err = errors.Join(err, errors.New("id stands there twice"))
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("outside sign-in %d (%s): %w", i+1, e.ID, err))
		}
		all = append(all, p)
	}
	return all, errors.Join(faults...)
}

var idShape = regexp.MustCompile(`^[a-z][a-z0-9-]{1,29}$`)

// icons of the kinds.
func (k Kind) icon() string {
	return map[Kind]string{Bank: "banknote", Sber: "credit-card", ESIA: "landmark", Other: "log-in"}[k]
}

func (e entryOf) provider(dir string, now func() time.Time) (p Provider, err error) {
	var faults []error
	fault := func(bad bool, text string) {
		if bad {
			faults = append(faults, errors.New(text))
		}
	}
	level, known := map[string]account.Level{"": "", "none": "", "standard": account.Standard, "confirmed": account.Confirmed}[e.Level]
	fault(!known, "level is none, standard or confirmed")
	fault(!idShape.MatchString(e.ID), "id must be 2 to 30 lower-case Latin letters, digits and hyphens")
	fault(!slices.Contains(kinds, e.Kind), "kind is bank, sber, esia or other")
	fault(e.Title.RU == "" || e.Title.EN == "", "title needs ru and en")
	fault(slices.ContainsFunc(e.Vouches, func(v string) bool { return v != "phone" && v != "email" }), "vouches knows phone and email")
	p = Provider{ID: e.ID, Kind: e.Kind, Title: e.Title, Icon: e.Icon, Level: level}
	if p.Icon == "" {
		p.Icon = e.Kind.icon()
	}
	switch {
	case e.Kind == ESIA && e.ESIA != nil && e.OIDC == nil:
		p.gate, err = e.ESIA.gate(e, level, dir, now)
	case e.Kind != ESIA && e.OIDC != nil && e.ESIA == nil:
		err = e.relying(&p, dir, now)
	default:
		err = errors.New("kind esia needs a part esia, every other kind a part oidc")
	}
	return p, errors.Join(append(faults, err)...)
}

// relying makes a client of OpenID Connect.
func (e entryOf) relying(p *Provider, dir string, now func() time.Time) error {
	o := e.OIDC
	var faults []error
	fault := func(bad bool, text string) {
		if bad {
			faults = append(faults, errors.New(text))
		}
	}
	fault(!safe(o.Issuer), "oidc.issuer must be an https address; http is for this machine only")
	for _, address := range []string{o.Endpoints.Auth, o.Endpoints.Token, o.Endpoints.Keys, o.Endpoints.UserInfo, o.Endpoints.Device, o.Endpoints.Completed} {
		fault(address != "" && !safe(address), "oidc.endpoints must be https addresses; http is for this machine only")
	}
	fault(o.ClientID == "", "oidc.client_id is missing")
	fault(o.SecretIn != "" && o.SecretIn != "header" && o.SecretIn != "form", "oidc.secret_in is header or form")
	fault(slices.ContainsFunc(o.Algorithms, func(a string) bool {
		return !slices.Contains([]string{"RS256", "RS384", "RS512", "PS256", "ES256", "ES384"}, a)
	}),
		"oidc.algorithms knows RS256, RS384, RS512, PS256, ES256, ES384")
	secret, err := secretOf(o.Secret, o.SecretFile, dir)
	fault(err != nil, fmt.Sprint("oidc.secret: ", err))
	certificate, err := certificateOf(o.Certificate, o.Key, dir)
	fault(err != nil, fmt.Sprint("oidc.certificate: ", err))
	claims := names()
	for ours := range o.Claims {
		fault(claims[ours] == "", fmt.Sprintf("oidc.claims: %q is not asked for; known are %s", ours, strings.Join(slices.Sorted(maps.Keys(claims)), ", ")))
	}
	maps.Copy(claims, o.Claims)
	scopes := o.Scopes
	if !slices.Contains(scopes, "openid") {
		scopes = append([]string{"openid"}, scopes...)
	}
	client := oidc.New(oidc.Config{Issuer: o.Issuer, ClientID: o.ClientID, Secret: secret, Post: o.SecretIn == "form", Scopes: scopes, Algs: o.Algorithms,
		Endpoints: oidc.Endpoints(o.Endpoints), Extra: o.Extra, RequestIDs: o.RequestIDs, Certificate: certificate, Now: now})
	p.gate = &relying{client: client, claims: claims, vouches: e.Vouches, strong: e.Strong, level: p.Level}
	if o.Scan {
		p.scan = client
	}
	return errors.Join(faults...)
}

// safe reports whether secrets may be sent to an address: by https, or within
// this machine.
func safe(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	host, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (err == nil && host.IsLoopback() || u.Hostname() == "localhost")
}

// secretOf returns a secret that stands in the list or in a file of its own.
func secretOf(plain, name, dir string) (string, error) {
	switch {
	case (plain == "") == (name == ""):
		return "", errors.New("give secret or secret_file")
	case plain != "":
		return plain, nil
	}
	data, err := os.ReadFile(within(dir, name))
	return strings.TrimSpace(string(data)), err
}

func certificateOf(certificate, key, dir string) (*tls.Certificate, error) {
	if certificate == "" && key == "" {
		return nil, nil
	}
	c, err := tls.LoadX509KeyPair(within(dir, certificate), within(dir, key))
	return &c, err
}

func within(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}
