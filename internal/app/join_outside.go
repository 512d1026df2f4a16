package app

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kabinet/internal/outside"
	"kabinet/internal/sandbox"
)

// Outside is who else says who people are.
type Outside struct {
	Providers string `config:"providers" example:"/etc/kabinet/providers.yaml" help:"File with the outside sign-ins, see docs/outside.md. Without it there are none."`
}

// read returns the configured providers.
func (c *Outside) read(now func() time.Time) ([]outside.Provider, error) {
	if c.Providers == "" {
		return nil, nil
	}
	data, err := os.ReadFile(c.Providers)
	if err != nil {
		return nil, fmt.Errorf("reading the outside sign-ins: %w", err)
	}
	return outside.ReadProviders(data, filepath.Dir(c.Providers), now)
}

func (c *Outside) check() error {
	_, err := c.read(time.Now)
	return err
}

// openOutside makes the outside sign-ins and offers them on the pages of sign-in
// and registration.
func (a *App) openOutside() error {
	providers, err := a.cfg.Outside.read(a.now)
	if err != nil {
		return err
	}
	a.outside = outside.New(outside.Options{DB: a.db, Keys: a.keys, Now: a.now, Limits: a.limits, Accounts: a.accounts, People: a.people, Consents: a.consents, Notices: a.notices,
		PublicURL: a.publicURL(), Secure: a.cfg.secure(), Providers: providers})
	a.ways = append(a.ways, a.outside.Ways)
	return nil
}

// providersFile is where the demonstration keeps its outside sign-ins.
const providersFile = "providers.yaml"

// demoProviders writes down the outside sign-ins that the sandbox at an address
// plays.
func demoProviders(path, partners, token string, files map[string][]byte) error {
	for name, data := range files {
		if err := writeFile(filepath.Join(filepath.Dir(path), "esia-"+name), data); err != nil {
			return err
		}
	}
	at := "http://" + partners + "/oidc/"
	list := fmt.Sprintf(`# Written by kabinet demo at every start. docs/outside.md explains it.
providers:
  - id: esia
    kind: esia
    title: {ru: "ЕСИА", en: "ЕСИА"}
    level: confirmed
    vouches: [phone]
    strong: [DS]
    esia:
      url: http://%[7]s/esia
      issuer: http://esia.example.test/
      client_id: %[8]s
      flow: hash
      scopes: [openid, fullname, birthdate, gender, snils, inn, id_doc, birthplace, mobile, contacts, addresses]
      certificate: esia-system.crt
      demo_key: esia-system.key
      token_keys: [esia-token-rsa.pub, esia-token-gost.crt]
  - id: %[3]s
    kind: sber
    title: {ru: "Сбер ID", en: "Сбер ID"}
    level: confirmed
    vouches: [phone, email]
    strong: [otp]
    oidc:
      issuer: %[1]s%[3]s
      client_id: %[6]s
      secret: %[2]s
      secret_in: form
      scopes: [openid, name, email, mobile, snils]
      algorithms: [RS256]
      endpoints: {auth: %[1]s%[3]s/authorize, token: %[1]s%[3]s/token, keys: %[1]s%[3]s/keys, user_info: %[1]s%[3]s/userinfo, device: %[1]s%[3]s/device, completed: %[1]s%[3]s/completed}
      extra: {client_type: PRIVATE}
      request_ids: true
      scan: true
  - id: %[4]s
    kind: bank
    title: {ru: "Берег Банк", en: "Bereg Bank"}
    level: confirmed
    vouches: [phone, email]
    strong: [otp]
    oidc: {issuer: %[1]s%[4]s, client_id: %[6]s, secret: %[2]s, scopes: [openid, profile, email, phone, snils, inn, passport], algorithms: [ES256]}
  - id: %[5]s
    kind: bank
    title: {ru: "Север Банк", en: "Sever Bank"}
    level: confirmed
    oidc: {issuer: %[1]s%[5]s, client_id: %[6]s, secret: %[2]s, scopes: [openid, profile, snils, passport]}
`, at, token, sandbox.PartnerSber, sandbox.PartnerBereg, sandbox.PartnerSever, sandbox.Client, partners, sandbox.System)
	return writeFile(path, []byte(list))
}
