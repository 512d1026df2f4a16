package application

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/catalogue"
	"kabinet/internal/consent"
	"kabinet/internal/document"
	"kabinet/internal/eform"
	"kabinet/internal/notify"
	"kabinet/internal/platform/blob"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/pdf"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/workcal"
	"kabinet/internal/signature"
	"kabinet/internal/staff"
	"kabinet/services"
)

// Codes of the services that tests apply for.
const (
	direct = "bench-service"      // one step, sent at once, decided by a clerk
	signed = "signed-service"     // two steps, signed by code, decided by a clerk
	income = "income-certificate" // decided by the tax register
)

// morning is a Thursday, so a term of five working days ends a week later.
var morning = time.Date(2026, 11, 19, 6, 0, 0, 0, time.UTC)

// world is a portal on which one can apply for services.
type world struct {
	*Service
	t      testing.TB
	runner *jobs.Runner
	limits *limit.Limiter
	dir    string // of the files

	mu       sync.Mutex
	clock    time.Time
	sms      map[string][]string // by phone
	facts    eform.Facts
	register func(Request) (Outcome, error) // what the tax register answers
	asked    []string                       // IDs that it was asked about
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: morning, sms: map[string][]string{}, facts: eform.Facts{}, dir: t.TempDir(),
		register: func(Request) (Outcome, error) { return found, nil }}
	keys := secrettest.New(t)
	db := sqldbtest.New(t, jobs.Schema(), limit.Schema(), audit.Schema(), notify.Schema(), account.Schema(), consent.Schema(), document.Schema(), eform.Schema(), catalogue.Schema(), staff.Schema(), Schema())
	texts, err := i18n.NewCatalogue(ui.Texts, audit.Texts, notify.Texts, account.Texts, consent.Texts, document.Texts, eform.Texts, catalogue.Texts, staff.Texts, Texts)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workcal.Russia()
	if err != nil {
		t.Fatal(err)
	}
	moscow := time.FixedZone("MSK", 3*60*60)
	services := catalogue.New(catalogue.Config{DB: db, Files: folder(t), Calendar: calendar, Now: w.now, Location: moscow, Log: slog.New(slog.DiscardHandler)})
	if err := services.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.limits = limit.New(db, w.now, keys, nil)
	notices := notify.New(notify.Options{DB: db, Keys: keys, Now: w.now, Catalogue: texts, Location: moscow, PublicURL: "https://kabinet.test",
		Contacts: func(ctx context.Context, a string) (notify.Contact, error) { return w.Accounts.Contacts(ctx, a) }, SMS: w.text})
	accounts := account.New(account.Options{DB: db, Keys: keys, Now: w.now, Limits: w.limits, Catalogue: texts, Location: moscow,
		PublicURL: "https://kabinet.test", Notices: notices, SMS: w.text, Mail: func(context.Context, notify.Message) error { return nil },
		Registered: func(context.Context, *sqldb.DB, string, account.Name) error { return nil },
		Agreed: func(ctx context.Context, tx *sqldb.DB, acc string, purposes []string, by audit.Actor) error {
			return w.Consents.Registered(ctx, tx, acc, purposes, by)
		}})
	consents, err := consent.New(consent.Options{DB: db, Keys: keys, Now: w.now, Accounts: accounts, Notices: notices})
	if err != nil {
		t.Fatal(err)
	}
	documents := newDocuments(t, w, db, keys, texts)
	w.Service = New(Options{DB: db, Keys: keys, Now: w.now, Location: moscow, Calendar: calendar, Texts: texts, Catalogue: services,
		Forms: eform.New(db, keys, documents, w.now), Documents: documents, Notices: notices, Accounts: accounts, Consents: consents,
		Facts: func(context.Context, string) (eform.Facts, error) { return w.facts, nil },
		Connectors: map[string]Connector{ConnectorIncome: func(_ context.Context, r Request) (Outcome, error) {
			w.mu.Lock()
			w.asked = append(w.asked, r.ID)
			w.mu.Unlock()
			return w.register(r)
		}}})
	w.runner = jobs.NewRunner(db, w.now, 1)
	w.Jobs(w.runner)
	notices.RegisterJobs(w.runner)
	accounts.RegisterJobs(w.runner)
	documents.Jobs(w.runner)
	return w
}

func newDocuments(t testing.TB, w *world, db *sqldb.DB, keys *secret.Keyring, texts *i18n.Catalogue) *document.Service {
	t.Helper()
	blobs, err := blob.Open(filepath.Join(w.dir, "files"), keys)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := signature.NewDemoAuthority(morning)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := signature.NewSealer(authority.Key, authority.Chain)
	if err != nil {
		t.Fatal(err)
	}
	return document.New(document.Config{DB: db, Keys: keys, Blobs: blobs, Sealer: sealer, Limiter: w.limits, Catalogue: texts, Location: time.UTC,
		PublicURL: "https://kabinet.test", Now: w.now})
}

// folder is the services that come with the program and those of the tests.
func folder(t testing.TB) fs.FS {
	t.Helper()
	files := fstest.MapFS{
		"social/" + direct + ".yaml": {Data: []byte(serviceFile(direct, "Т-1", "none", directForm))},
		"social/" + signed + ".yaml": {Data: []byte(serviceFile(signed, "Т-2", "code", signedForm))},
	}
	for _, name := range []string{"lists.yaml", "agencies.yaml", "tax/income-certificate.yaml"} {
		data, err := fs.ReadFile(services.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		// Another service that it is taken for is not in this folder.
		text := regexp.MustCompile(`(?s)\nsimilar:\n.*?\n\n`).ReplaceAllString(string(data), "\n\n")
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func serviceFile(code, number, signing, rest string) string {
	return fmt.Sprintf(`code: %s
number: %s
agency: social
kind: regional
category: applications
type: benefit
icon: users
title: {ru: Пособие, en: Allowance}
summary: {ru: Для проверок, en: For tests}
description: {ru: Для проверок, en: For tests}
keywords: {ru: [проверка], en: [test]}
who: {level: simplified, text: {ru: Всем, en: All}}
fee: 0
term: {length: 5, unit: working_days, pauses: true}
fill_minutes: 1
visits: 0
steps:
  - {title: {ru: Заполните, en: Fill in}, text: {ru: Форму, en: The form}}
signing: %s
routing: {queue: social}
%s`, code, number, signing, rest)
}

const directForm = `result:
  title: {ru: Решение, en: Decision}
form:
  steps:
    - id: request
      title: {ru: Заявление, en: Application}
      fields:
        - {id: name, kind: text, label: {ru: Имя, en: Name}}
        - {id: comment, kind: textarea, label: {ru: Комментарий, en: Comment}, required: false}
examples:
  - {name: filled in, given: {name: Анна}, expect: {}}
`

const signedForm = `consent: {ru: Согласен на обработку, en: I agree to the processing}
result:
  title: {ru: Решение о пособии, en: Decision on the allowance}
  lines:
    - {label: {ru: Причина, en: Reason}, value: answers.reason}
  valid_months: 12
limits: {interval_minutes: 5, per_day: 3}
form:
  steps:
    - id: reason
      title: {ru: Причина, en: Reason}
      fields:
        - id: reason
          kind: choice
          label: {ru: Почему, en: Why}
          options:
            - {value: birth, label: {ru: Рождение ребёнка, en: A birth}}
            - {value: move, label: {ru: Переезд, en: A move}}
        - {id: proof, kind: file, label: {ru: Справка, en: Certificate}, when: reason == 'move'}
    - id: person
      title: {ru: Ваши данные, en: Your details}
      fields:
        - {id: fio, kind: fio, label: {ru: ФИО, en: Full name}, prefill: person.fio}
        - {id: note, kind: text, label: {ru: Место рождения, en: Place of birth}}
examples:
  - {name: filled in, given: {reason: birth, fio: {last: Соколова, first: Марина}, note: Верхнереченск}, expect: {}}
`

// found is what the register answers about somebody with income.
var found = Outcome{Approved: true, Data: map[string]string{"year": "2025", "income": "120000000", "tax": "15600000"}, Rows: []map[string]string{
	{"agent": "ООО «Пример»", "inn": "0000000000", "month": "1", "code": "2000", "income": "10000000"},
	{"agent": "ООО «Пример»", "inn": "0000000000", "month": "2", "code": "2000", "income": "10000000"},
}}

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

func (w *world) text(_ context.Context, _, to, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sms[to] = append(w.sms[to], text)
	return nil
}

// drain does the background work that is due.
func (w *world) drain() {
	w.t.Helper()
	if err := w.runner.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

var digits = regexp.MustCompile(`\b\d{6}\b`)

// code returns the code in the last SMS to a phone that has one.
func (w *world) code(phone string) string {
	w.t.Helper()
	w.drain()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.sms[phone]) - 1; i >= 0; i-- {
		if code := digits.FindString(w.sms[phone][i]); code != "" {
			return code
		}
	}
	w.t.Fatal("no code was sent")
	return ""
}

const anna, boris = "+79000000011", "+79000000012" // phones

// citizen makes a Standard account for a phone.
func (w *world) citizen(phone string) string {
	w.t.Helper()
	ctx := w.t.Context()
	hash, err := w.Accounts.Hash(ctx, "Зимний-Вечер 7")
	if err != nil {
		w.t.Fatal(err)
	}
	var made account.Account
	err = w.DB.Tx(ctx, func(tx *sqldb.DB) (err error) {
		made, err = w.Accounts.Enrol(ctx, tx, account.Newcomer{Name: account.Name{Surname: "Соколова", Name: "Марина"}, Phone: phone,
			Email: "p" + phone[1:] + "@example.test", Hash: hash, Consents: []string{account.ConsentData, account.ConsentSignature}}, audit.Portal())
		if err != nil {
			return err
		}
		return w.Accounts.SetLevel(ctx, tx, made.ID, account.Standard, audit.Portal())
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return made.ID
}

func (w *world) service(code string) *catalogue.Definition {
	w.t.Helper()
	def, err := w.Catalogue.Current(w.t.Context(), code)
	if err != nil {
		w.t.Fatal(err)
	}
	return def
}

// answersFor are answers with nothing wrong.
func answersFor(code string) eform.Answers {
	switch code {
	case direct:
		return eform.Answers{"name": "Анна Канарейкина"}
	case income:
		return eform.Answers{"year": "2025", "purpose": "bank", "fio.last": "Соколова", "fio.first": "Марина", "fio.middle": "Андреевна",
			"birth_date": "1991-03-14", "snils": "99900000115"}
	}
	return eform.Answers{"reason": "birth", "fio.last": "Соколова", "fio.first": "Марина", "fio.middle": "Андреевна", "note": "Верхнереченск"}
}

// submission is a form of the account with nothing wrong; phone gets the code.
func (w *world) submission(acc, phone, code, key string) Submission {
	w.t.Helper()
	sub := Submission{Account: acc, Session: "s", Key: key, Service: w.service(code), Answers: answersFor(code), Consent: true}
	if sub.Service.Signing == catalogue.SignCode {
		c, err := w.Accounts.StartCode(w.t.Context(), acc, codePurpose, sub.object())
		if err != nil {
			w.t.Fatal(err)
		}
		sub.CodeID, sub.Code = c.ID, w.code(phone)
	}
	return sub
}

// sent is an application for a service.
func (w *world) sent(acc, phone, code string) Application {
	w.t.Helper()
	a, err := w.Submit(w.t.Context(), w.submission(acc, phone, code, id.New()))
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

var clerk = Clerk{Account: "clerk", Session: "c", Agency: "social", Name: "Ефимова О. В."}

// taken is an application that the clerk has.
func (w *world) taken(acc, phone, code string) Application {
	w.t.Helper()
	a := w.sent(acc, phone, code)
	w.drain()
	a, err := w.Take(w.t.Context(), clerk, a.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	w.drain()
	return a
}

// is reads an application anew and checks its status.
func (w *world) is(a Application, want Status) Application {
	w.t.Helper()
	got, err := w.store.byID(w.t.Context(), w.DB, a.Account, a.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	if got.Status != want {
		w.t.Fatalf("the status is %q, want %q", got.Status, want)
	}
	return got
}

// journal is what happened to an application, oldest first.
func (w *world) journal(a Application) (what []string) {
	w.t.Helper()
	events, err := w.store.events(w.t.Context(), w.DB, a.Account, a.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range events {
		what = append(what, strings.TrimPrefix(e.What, "application.event_"))
	}
	return what
}

// told is the titles of the notices about applications, oldest first.
func (w *world) told(acc string) (titles []string) {
	w.t.Helper()
	items, err := w.Notices.Latest(w.t.Context(), acc, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx := w.Texts.With(w.t.Context(), i18n.RU, w.Location, w.now())
	for i := len(items) - 1; i >= 0; i-- {
		if items[i].Topic == notify.TopicApplication {
			titles = append(titles, strings.ReplaceAll(items[i].Title(ctx), "\u00a0", " "))
		}
	}
	return titles
}

// count runs a query that counts.
func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	n, err := sqldb.One(w.t.Context(), w.DB, sqldb.Int, query, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) read(rc io.ReadCloser) []byte {
	w.t.Helper()
	data, err := io.ReadAll(rc)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := rc.Close(); err != nil {
		w.t.Fatal(err)
	}
	return data
}

// somePDF is a small file that is a PDF.
func somePDF(t testing.TB) []byte {
	t.Helper()
	data, err := pdf.Write(pdf.Doc{Title: "Справка", Lang: "ru-RU", Made: morning})
	if err != nil {
		t.Fatal(err)
	}
	return data
}
