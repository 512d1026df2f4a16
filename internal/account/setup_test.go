package account

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/place"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
)

const goodPassword = "Зимний-Вечер 7"

// world is a portal with nothing in it but accounts.
type world struct {
	*Service
	t      *testing.T
	db     *sqldb.DB
	runner *jobs.Runner
	keys   *secret.Keyring

	mu    sync.Mutex
	clock time.Time
	sms   map[string][]string // phone → texts
	mails map[string][]notify.Message
	names map[string]Name // what Registered was given
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, keys: secrettest.New(t), clock: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC),
		sms: map[string][]string{}, mails: map[string][]notify.Message{}, names: map[string]Name{}}
	w.db = sqldbtest.New(t, jobs.Schema(), limit.Schema(), audit.Schema(), notify.Schema(), Schema())
	texts, err := i18n.NewCatalogue(ui.Texts, notify.Texts, Texts)
	if err != nil {
		t.Fatal(err)
	}
	sendSMS := func(_ context.Context, _, to, text string) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sms[to] = append(w.sms[to], text)
		return nil
	}
	sendMail := func(_ context.Context, m notify.Message) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.mails[m.To] = append(w.mails[m.To], m)
		return nil
	}
	contacts := func(ctx context.Context, a string) (notify.Contact, error) { return w.Contacts(ctx, a) }
	notices := notify.New(notify.Options{DB: w.db, Keys: w.keys, Now: w.now, Catalogue: texts, PublicURL: "https://kabinet.test",
		Contacts: contacts, SMS: sendSMS, Mail: sendMail})
	places, err := place.Open("")
	if err != nil {
		t.Fatal(err)
	}
	w.Service = New(Options{Places: places, DB: w.db, Keys: w.keys, Now: w.now, Limits: limit.New(w.db, w.now, w.keys, nil), Catalogue: texts,
		PublicURL: "https://kabinet.test", Notices: notices, SMS: sendSMS, Mail: sendMail,
		Registered: func(_ context.Context, _ *sqldb.DB, account string, n Name) error { w.names[account] = n; return nil }})
	w.runner = jobs.NewRunner(w.db, w.now, 1)
	w.RegisterJobs(w.runner)
	notices.RegisterJobs(w.runner)
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

// drain does the background work that is due.
func (w *world) drain() {
	w.t.Helper()
	if err := w.runner.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// texts returns what was sent to a phone so far.
func (w *world) texts(phone string) []string {
	w.drain()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sms[phone]
}

var digits6 = regexp.MustCompile(`\b\d{6}\b`)

// code returns the code in the last SMS to a phone, "" when it holds none.
func (w *world) code(phone string) string {
	w.t.Helper()
	all := w.texts(phone)
	if len(all) == 0 {
		return ""
	}
	return digits6.FindString(all[len(all)-1])
}

func client(ip string) Client {
	return Client{IP: ip, Browser: id.Secret(), Agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"}
}

// other returns a code that is not c.
func other(c string) string {
	if strings.HasPrefix(c, "0") {
		return "1" + c[1:]
	}
	return "0" + c[1:]
}

// registered goes through the registration of a phone.
func (w *world) registered(phone string) Started {
	w.t.Helper()
	c := client("192.0.2.1")
	flow, err := w.StartRegistration(w.t.Context(), c, phone, i18n.RU)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.Prove(w.t.Context(), c, flow, w.code(phone)); err != nil {
		w.t.Fatal(err)
	}
	s, err := w.Register(w.t.Context(), c, flow, sample())
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func sample() Registration {
	return Registration{Name: Name{"Соколова", "Марина", "Андреевна"}, Password: goodPassword, Consents: []string{ConsentData, ConsentSignature}}
}

func login(phone string) Login { return Login{Phone, phone} }

// acts returns the acts in the audit log of an account, oldest first.
func (w *world) acts(account string) (acts []string) {
	w.t.Helper()
	lines, err := audit.List(w.t.Context(), w.db, audit.Query{Owner: account, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for i := len(lines) - 1; i >= 0; i-- {
		acts = append(acts, lines[i].Act)
	}
	return acts
}

func want(t *testing.T, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) || (wanted == nil && err != nil) {
		t.Fatalf("got error %v, want %v", err, wanted)
	}
}

type txDB = sqldb.DB
