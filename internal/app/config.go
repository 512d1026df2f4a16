package app

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kabinet/internal/platform/config"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/telemetry"
)

// Config is every setting of the program.
type Config struct {
	// Demo is a demonstration stand: it makes its own seal, its documents say
	// what they are, and the style page is shown.
	Demo bool `config:"-"`
	// Serving: the command answers people or runs jobs, and needs every partner.
	Serving bool `config:"-"`
	// Signer is the address of the demonstration's page that signs files.
	Signer string `config:"-"`

	// Now is the clock; nil is the machine's.
	Now func() time.Time `config:"-"`

	Listen    string           `config:"listen" default:"127.0.0.1:8080" check:"address" help:"Address and port on which the portal answers."`
	PublicURL string           `config:"public_url" default:"http://127.0.0.1:8080" check:"url" help:"Address by which people reach the portal. With https cookies are secure and browsers are told to stay on it."`
	Data      string           `config:"data" default:"data" help:"Folder for the database (unless it is elsewhere), files and the keyring."`
	Database  string           `config:"database" example:"postgres://kabinet@127.0.0.1/kabinet" help:"PostgreSQL address. Without it an SQLite file in the data folder is used."`
	MasterKey config.Secret    `config:"master_key" help:"Master key, base64 of 32 bytes (kabinet keys master). It opens the keyring and must be kept apart from the data."`
	Services  string           `config:"services" help:"Folder with service definitions. Without it the ones that come with the program are used."`
	Region    Region           `config:"region" help:"Who runs the portal."`
	TimeZone  string           `config:"time_zone" default:"Europe/Moscow" check:"timezone" help:"Time zone of the region: days and terms are counted by its clock."`
	Proxies   []string         `config:"proxies" example:"127.0.0.1, 10.0.0.0/8" help:"Addresses or networks of proxies in front of the portal, whose X-Forwarded-For is believed. With https it is needed: the proxy holds the certificate."`
	Workers   int              `config:"workers" default:"4" min:"1" max:"256" help:"Background jobs that run at a time."`
	Limits    []string         `config:"limits" example:"account.sms_per_phone=10/1h" help:"Limits other than the built-in ones, each as name=uses/time."`
	Metrics   config.Secret    `config:"metrics_token" help:"Bearer token for /metrics. Without it only this machine may read them."`
	Places    string           `config:"places" example:"/var/lib/kabinet/city.mmdb" help:"Database of towns by IP address in MaxMind's format, for the history of sign-ins. Without it only countries are told."`
	Sessions  Sessions         `config:"session" help:"How long people stay signed in."`
	Mail      Mail             `config:"mail" help:"Letters to people."`
	SMS       SMS              `config:"sms" help:"Text messages to people: sign-in codes and notices."`
	Tax       Tax              `config:"tax" help:"Connector to the tax register."`
	Passport  Register         `config:"passport" help:"Connector to the passport register. Without it or the pension register, verifiers check every person by papers."`
	Pension   Register         `config:"pension" help:"Connector to the pension register."`
	Post      Register         `config:"post" help:"Connector to the post office, which carries codes on paper. Without it there is no such way to prove one's identity."`
	Scanner   string           `config:"scanner" example:"unix:/run/clamav/clamd.ctl" help:"ClamAV daemon that looks at uploads: unix:PATH or tcp:HOST:PORT. Without it uploads are not scanned."`
	Outside   Outside          `config:"outside" help:"Sign-ins that others keep: ЕСИА, banks, any OpenID provider."`
	Seal      Seal             `config:"seal" help:"Electronic seal on issued documents."`
	Passwords Passwords        `config:"passwords" help:"What passwords must be like."`
	Lock      Lock             `config:"lock" help:"When wrong passwords shut a sign-in."`
	Recovery  Recovery         `config:"recovery" help:"Giving accounts back to those who lost everything."`
	Trust     Trust            `config:"trust" help:"Centres whose signatures are believed."`
	TLS       TLS              `config:"tls" help:"Sign-in by a certificate that the browser shows."`
	Video     Video            `config:"video" help:"Meetings by video, to prove who one is."`
	Takeout   Takeout          `config:"takeout" help:"Copies of people's data, and deleted accounts."`
	Reporting telemetry.Config `config:"reporting" help:"Logs and traces."`
	Stop      time.Duration    `config:"stop_timeout" default:"20s" min:"1s" max:"10m" help:"How long requests and jobs may take to end when the program is stopped."`
}

// Lock says when wrong passwords shut a sign-in.
type Lock struct {
	Failures   int           `config:"failures" default:"5" min:"3" max:"100" help:"Wrong passwords in a row, from one address, that shut a login for that address."`
	First      time.Duration `config:"first" default:"15m" min:"1m" max:"24h" help:"How long the first lock lasts; each further wrong password doubles it."`
	Longest    time.Duration `config:"longest" default:"24h" min:"1m" max:"720h" help:"The longest lock."`
	Everywhere int           `config:"everywhere" default:"100" min:"20" max:"100000" help:"Wrong passwords from all addresses together that shut a login until its holder opens it by a code. Browsers known to be the holder's stay open."`
}

// Region names who runs the portal.
type Region struct {
	RU string `config:"ru" default:"Заречная область" help:"In Russian."`
	EN string `config:"en" default:"Zarechnaya Oblast" help:"In English."`

	OperatorRU string `config:"operator_ru" default:"Министерство цифрового развития Заречной области, 990000, г. Верхнереченск, ул. Портовая, д. 1" help:"Who answers for personal data, with the postal address: consents name it. In Russian."`
	OperatorEN string `config:"operator_en" default:"Ministry of Digital Development of Zarechnaya Oblast, 990000, Verkhnerechensk, Portovaya 1" help:"The same in English."`
}

// Sessions are how long people stay signed in. Source: A-86, ASVS 5.0 7.3,
// SP 800-63B-4 2.2.3.
type Sessions struct {
	Idle    time.Duration `config:"idle" default:"15m" min:"1m" max:"1h" help:"A session ends after so long without doing anything. A page warns a minute before."`
	Citizen time.Duration `config:"citizen" default:"24h" min:"5m" max:"24h" help:"A citizen's session ends after so long in any case."`
	Staff   time.Duration `config:"staff" default:"12h" min:"5m" max:"12h" help:"A clerk's session ends after so long in any case."`
	Alien   time.Duration `config:"alien" default:"1h" min:"5m" max:"4h" help:"A session on somebody else's computer ends after so long in any case."`
}

// Mail is how letters are sent.
type Mail struct {
	Server   string        `config:"server" check:"address" example:"mail.example.org:587" help:"SMTP server, host:port. Without it no letters are sent."`
	User     string        `config:"user" help:"User of the SMTP server, if it wants one."`
	Password config.Secret `config:"password" help:"Password of the SMTP user."`
	From     string        `config:"from" default:"kabinet@example.test" check:"email" help:"Address that letters come from."`
	TLS      string        `config:"tls" default:"starttls" oneof:"starttls tls none" help:"How the connection is protected. none is for a server on this machine."`
	Timeout  time.Duration `config:"timeout" default:"15s" min:"1s" max:"2m" help:"How long one letter may take."`
}

// SMS is how text messages are sent.
type SMS struct {
	URL     string        `config:"url" check:"url" example:"https://sms.example.org" help:"Address of the SMS gateway."`
	Token   config.Secret `config:"token" help:"Bearer token for the gateway."`
	Timeout time.Duration `config:"timeout" default:"10s" min:"1s" max:"2m" help:"How long one message may take."`
}

// Tax is the connector to the tax register.
type Tax struct {
	URL     string        `config:"url" check:"url" example:"https://tax.example.org" help:"Address of the register. Without it its services go to clerks."`
	Token   config.Secret `config:"token" help:"Bearer token for the register."`
	Timeout time.Duration `config:"timeout" default:"20s" min:"1s" max:"5m" help:"How long one question may take."`
}

// Register is a connector to a partner that is asked over HTTP.
type Register struct {
	URL     string        `config:"url" check:"url" example:"https://register.example.org" help:"Address of the partner."`
	Token   config.Secret `config:"token" help:"Bearer token for the partner."`
	Timeout time.Duration `config:"timeout" default:"10s" min:"1s" max:"5m" help:"How long one question may take."`
}

// Seal is what issued documents are sealed with.
type Seal struct {
	Key         config.Secret `config:"key" help:"Private key of the seal, PEM (ECDSA P-256). Usually given as key_file."`
	Certificate string        `config:"certificate" help:"File with the certificate of the seal and its chain, PEM."`
}

// Check implements the rules that join settings.
func (c *Config) Check(fault func(name, text string)) {
	if _, err := c.limits(); err != nil {
		fault("limits", err.Error())
	}
	for _, p := range c.Proxies {
		if _, err := parseProxy(p); err != nil {
			fault("proxies", fmt.Sprintf("%q is neither an IP address nor a network such as 10.0.0.0/8", p))
		}
	}
	c.Video.check(fault)
	if !c.Serving {
		return
	}
	if c.secure() && len(c.Proxies) == 0 {
		fault("proxies", "is missing: https needs a proxy in front, without whose address every visitor seems to come from it")
	}
	if c.SMS.URL == "" {
		fault("sms.url", "is missing: people cannot sign in without codes")
	}
	if c.MasterKey.IsZero() {
		fault("master_key", "is missing: make one with «kabinet keys master» and keep it apart from the data folder")
	}
	if c.Services != "" {
		if info, err := os.Stat(c.Services); err != nil || !info.IsDir() {
			fault("services", "is not a folder")
		}
	}
	if err := c.Outside.check(); err != nil {
		fault("outside.providers", err.Error())
	}
	c.TLS.check(c.Proxies, fault)
	if c.Demo {
		return
	}
	if c.Seal.Key.IsZero() != (c.Seal.Certificate == "") {
		fault("seal", "key and certificate belong together: give both or none")
	}
	if c.Seal.Key.IsZero() {
		fault("seal.key", "is missing: issued documents need the operator's seal")
	}
}

// limits are the operator's, by name.
func (c *Config) limits() (map[string]limit.Override, error) {
	all := map[string]limit.Override{}
	for _, text := range c.Limits {
		name, rule, _ := strings.Cut(text, "=")
		uses, per, _ := strings.Cut(rule, "/")
		n, err := strconv.Atoi(uses)
		if err != nil {
			return nil, fmt.Errorf("%q is not name=uses/time, as account.sms_per_phone=10/1h", text)
		}
		d, err := time.ParseDuration(per)
		if err != nil {
			return nil, fmt.Errorf("%q is not name=uses/time, as account.sms_per_phone=10/1h", text)
		}
		all[strings.TrimSpace(name)] = limit.Override{Burst: n, Per: d}
	}
	return all, limit.Check(rules(), all)
}

// proxies are the networks of the proxies in front of the portal.
func (c *Config) proxies() (all []netip.Prefix) {
	for _, text := range c.Proxies {
		if p, err := parseProxy(text); err == nil { // Check saw to it
			all = append(all, p)
		}
	}
	return all
}

// parseProxy reads an address or a network.
func parseProxy(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		return netip.ParsePrefix(s)
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	addr = addr.Unmap()
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

func (c *Config) database() string {
	if c.Database != "" {
		return c.Database
	}
	return "sqlite:" + filepath.Join(c.Data, "kabinet.db")
}

func (c *Config) secure() bool { return strings.HasPrefix(c.PublicURL, "https://") }

func (c *Config) region() i18n.Words { return i18n.Words{RU: c.Region.RU, EN: c.Region.EN} }
