package recovery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/document"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/blob"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/staff"
)

const (
	oldPhone = "+79000001234"
	oldMail  = "marina@example.test"
	newPhone = "+79000008888"
	snils    = "99900000115"
	password = "Зимний-Вечер 7"
	fresh    = "Осенний-Дождь 8"
)

// world is a portal with one person who lost everything and three operators.
type world struct {
	*Service
	t      *testing.T
	db     *sqldb.DB
	keys   *secret.Keyring
	runner *jobs.Runner
	dir    string

	account string // of the person
	hash    string
	ops     []Operator

	mu    sync.Mutex
	clock time.Time
	sent  map[string][]string // phone or address → texts
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, keys: secrettest.New(t), clock: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), sent: map[string][]string{}, dir: t.TempDir()}
	w.db = sqldbtest.New(t, jobs.Schema(), limit.Schema(), audit.Schema(), notify.Schema(), account.Schema(), person.Schema(), staff.Schema(), document.Schema(), Schema())
	texts, err := i18n.NewCatalogue(ui.Texts, audit.Texts, notify.Texts, account.Texts, person.Texts, staff.Texts, document.Texts, Texts)
	w.must(err)
	sms := func(_ context.Context, _, to, text string) error { w.note(to, text); return nil }
	mail := func(_ context.Context, m notify.Message) error { w.note(m.To, m.Text); return nil }
	limits := limit.New(w.db, w.now, w.keys, nil)
	var accounts *account.Service
	notices := notify.New(notify.Options{DB: w.db, Keys: w.keys, Now: w.now, Catalogue: texts, PublicURL: "https://kabinet.test", SMS: sms, Mail: mail,
		Contacts: func(ctx context.Context, a string) (notify.Contact, error) { return accounts.Contacts(ctx, a) },
		Reach: func(ctx context.Context, tx *sqldb.DB, a string) (bool, bool, error) {
			return accounts.Reach(ctx, tx, a)
		}})
	accounts = account.New(account.Options{DB: w.db, Keys: w.keys, Now: w.now, Limits: limits, Catalogue: texts, PublicURL: "https://kabinet.test", Notices: notices, SMS: sms, Mail: mail})
	people := person.New(w.db, w.keys, w.now, accounts)
	members := staff.New(staff.Options{DB: w.db, Keys: w.keys, Now: w.now, Accounts: accounts, People: people})
	pictures, err := blob.Open(filepath.Join(w.dir, "recovery"), w.keys)
	w.must(err)
	documents := document.New(document.Config{DB: w.db, Keys: w.keys, Blobs: pictures, Limiter: limits, Catalogue: texts, Now: w.now, Source: account.RemoteIP})
	w.Service = New(Options{DB: w.db, Keys: w.keys, Now: w.now, Limits: limits, Blobs: pictures, Catalogue: texts, PublicURL: "https://kabinet.test",
		Accounts: accounts, People: people, Staff: members, Documents: documents, Notices: notices, Mail: mail, SMS: sms})
	w.runner = jobs.NewRunner(w.db, w.now, 1)
	w.Jobs(w.runner)
	accounts.RegisterJobs(w.runner)
	notices.RegisterJobs(w.runner)
	w.people()
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// people makes the person and the operators.
func (w *world) people() {
	ctx := w.t.Context()
	hash, err := w.opt.Accounts.Hash(ctx, password)
	w.must(err)
	w.hash = hash
	w.account = w.person(oldPhone, oldMail, person.Person{Surname: "Соколова", Name: "Марина", Patronymic: "Андреевна", BirthDate: "1991-03-14", SNILS: snils, Verified: person.Parts})
	w.must(w.db.Tx(ctx, func(tx *sqldb.DB) error {
		return w.opt.Accounts.Claim(ctx, tx, w.account, account.Login{Kind: account.SNILS, Value: snils})
	}))
	for i, name := range []string{"Белова", "Макаров", "Третьякова"} {
		a := w.person(fmt.Sprintf("+7900000010%d", i), "", person.Person{Surname: name, Name: "Ирина"})
		w.must(w.opt.Staff.Appoint(ctx, audit.Portal(), staff.Member{Account: a, Agency: staff.Portal, Name: name, Roles: []staff.Role{staff.Verifier}}))
		w.ops = append(w.ops, Operator{Account: a, Session: id.New()})
	}
}

func (w *world) person(phone, mail string, p person.Person) string {
	ctx := w.t.Context()
	var made account.Account
	w.must(w.db.Tx(ctx, func(tx *sqldb.DB) (err error) {
		if made, err = w.opt.Accounts.Make(ctx, tx, account.Sample{Level: account.Confirmed, Phone: phone, Email: mail, Hash: w.hash}); err != nil {
			return err
		}
		return w.opt.People.Put(ctx, tx, made.ID, p, audit.Portal())
	}))
	return made.ID
}

func (w *world) note(to, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent[to] = append(w.sent[to], text)
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	w.clock = w.clock.Add(d)
	w.mu.Unlock()
}

// last returns the last message to a phone or address.
func (w *world) last(to string) string {
	w.t.Helper()
	w.must(w.runner.Drain(w.t.Context()))
	w.mu.Lock()
	defer w.mu.Unlock()
	if all := w.sent[to]; len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

var (
	code6 = regexp.MustCompile(`\b\d{6}\b`)
	path  = regexp.MustCompile(`https://kabinet\.test(/\S+)`)
)

func pathIn(text string) string {
	if found := path.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

func client() account.Client { return account.Client{IP: "192.0.2.1", Browser: id.Secret()} }

func picture() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 40, 30))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func claim() Claim {
	return Claim{Name: account.Name{Surname: "Соколова", Name: "Марина", Patronymic: "Андреевна"}, Birth: "1991-03-14",
		Papers: account.Login{Kind: account.SNILS, Value: snils}, Story: "Потеряла телефон"}
}

// proved begins a case and confirms the new contact.
func (w *world) proved(c account.Client, to account.Login) string {
	w.t.Helper()
	k, err := w.Start(w.t.Context(), c, to, i18n.RU)
	w.must(err)
	w.must(w.Prove(w.t.Context(), c, k, code6.FindString(w.last(to.Value))))
	return k
}

// applied sends a case.
func (w *world) applied(said Claim) (string, Receipt) {
	w.t.Helper()
	c := client()
	k := w.proved(c, account.Login{Kind: account.Phone, Value: newPhone})
	w.must(w.Fill(w.t.Context(), c, k, said))
	w.must(w.Attach(w.t.Context(), c, k, "passport", "паспорт.png", bytes.NewReader(picture())))
	r, err := w.Service.Send(w.t.Context(), c, k)
	w.must(err)
	return k, r
}

// approved has two operators agree.
func (w *world) approved(k string) {
	w.t.Helper()
	w.must(w.Agree(w.t.Context(), w.ops[0], k))
	w.must(w.Agree(w.t.Context(), w.ops[1], k))
	w.must(w.runner.Drain(w.t.Context()))
}

func (w *world) acts(acc string) (acts []string) {
	lines, err := audit.List(w.t.Context(), w.db, audit.Query{Owner: acc, Limit: 100})
	w.must(err)
	for _, l := range lines {
		acts = append(acts, l.Act)
	}
	return acts
}

func want(t *testing.T, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) || (wanted == nil && err != nil) {
		t.Fatalf("got error %v, want %v", err, wanted)
	}
}

// serve puts the pages behind a server; as is who is signed in there.
func (w *world) serve(as string) string {
	w.t.Helper()
	rt := web.NewRouter(web.Config{Catalogue: w.opt.Catalogue, Keys: w.keys, Now: w.now,
		Identify: func(http.ResponseWriter, *http.Request) (web.Identity, error) {
			return web.Identity{Account: as, Session: "s", Staff: as != ""}, nil
		},
		SignIn: w.opt.Accounts.SignInPage,
		ErrorPage: func(status int, f *fault.Error, request string) templ.Component {
			return ui.ErrorPage(status, f, request)
		}})
	w.Routes(rt)
	rt.Handle("GET /login", func(rw http.ResponseWriter, r *http.Request) error {
		_, err := rw.Write([]byte("<main>login</main>"))
		return err
	})
	srv := httptest.NewServer(rt)
	w.t.Cleanup(srv.Close)
	return srv.URL
}

// split returns the account, case and secret of a link.
func split(link string) (acc, k, secret string) {
	parts := strings.Split(link, "/")
	if len(parts) < 6 {
		return "", "", ""
	}
	return parts[3], parts[4], parts[5]
}
