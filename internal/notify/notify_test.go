package notify_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/live"
	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
)

const anna, boris = "00000000000000000000000001", "00000000000000000000000002"

var texts = fstest.MapFS{
	"text.ru.json": {Data: []byte(`{"test.title": "Заявка {number} принята", "test.text": "Ответим до {until}, пошлина {fee}. {why}", "test.why": "Это {n} раз"}`)},
	"text.en.json": {Data: []byte(`{"test.title": "Application {number} was taken", "test.text": "Answer by {until}, the fee is {fee}. {why}", "test.why": "Time {n}"}`)},
}

// env is a Service with partners that write down what they were given.
type env struct {
	*notify.Service
	t      *testing.T
	db     *sqldb.DB
	hub    *live.Hub
	cat    *i18n.Catalogue
	runner *jobs.Runner
	keys   *secret.Keyring

	mu      sync.Mutex
	now     time.Time
	contact notify.Contact
	mails   []notify.Message
	sms     []string // id, number and text
	down    error    // what partners answer when it is not nil
	after   func()   // called when a partner has taken a message
}

func newTest(t *testing.T) *env {
	t.Helper()
	return newTestOn(t, sqldbtest.New(t, features()...))
}

func features() []schema.Feature {
	return []schema.Feature{notify.Schema(), jobs.Schema()}
}

func newTestOn(t *testing.T, db *sqldb.DB) *env {
	t.Helper()
	cat, err := i18n.NewCatalogue(notify.Texts, ui.Texts, texts)
	if err != nil {
		t.Fatal(err)
	}
	e := &env{t: t, db: db, cat: cat, keys: secrettest.New(t), hub: live.New(live.Options{}), now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC),
		contact: notify.Contact{Email: "anna@example.test", Phone: "+79000001234", Lang: i18n.RU, Name: "Анна"}}
	t.Cleanup(e.hub.Close)
	e.Service = notify.New(notify.Options{DB: db, Keys: e.keys, Now: e.clock, Hub: e.hub, Catalogue: cat, PublicURL: "https://kabinet.example.test",
		Contacts: func(context.Context, string) (notify.Contact, error) { return e.contact, nil },
		Mail: func(_ context.Context, m notify.Message) error {
			return e.take(func() { e.mails = append(e.mails, m) })
		},
		SMS: func(_ context.Context, id, to, text string) error {
			return e.take(func() { e.sms = append(e.sms, id+" "+to+" "+text) })
		},
	})
	e.runner = jobs.NewRunner(db, e.clock, 2)
	e.RegisterJobs(e.runner)
	return e
}

func (e *env) clock() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now
}

func (e *env) forward(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = e.now.Add(d)
}

func (e *env) take(f func()) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.down != nil {
		return e.down
	}
	f()
	if e.after != nil {
		e.after()
	}
	return nil
}

func notice(owner, key string) notify.Notice {
	return notify.Notice{Owner: owner, Key: key, Title: "test.title", Text: "test.text", Topic: notify.TopicApplication, Link: "/applications/7",
		ServiceTitle: i18n.Words{RU: "Загранпаспорт", EN: "Passport"},
		Args: []any{"number", "2026-001245", "until", notify.Day{Time: time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)},
			"fee", notify.Sum(304250), "why", i18n.K("test.why", "n", 2)}}
}

func (e *env) send(n notify.Notice) {
	e.t.Helper()
	if err := e.trySend(n); err != nil {
		e.t.Fatal(err)
	}
}

func (e *env) trySend(n notify.Notice) error {
	return e.db.Tx(context.Background(), func(tx *sqldb.DB) error { return e.Send(context.Background(), tx, n) })
}

func (e *env) drain() {
	e.t.Helper()
	if err := e.runner.Drain(e.t.Context()); err != nil {
		e.t.Fatal(err)
	}
}

func (e *env) feed(account string, f notify.Filter) []notify.Item {
	e.t.Helper()
	feed, err := e.Feed(e.t.Context(), account, f, "", 100)
	if err != nil {
		e.t.Fatal(err)
	}
	return feed.Items
}

func (e *env) unread(account string) int {
	e.t.Helper()
	n, err := e.Unread(e.t.Context(), account)
	if err != nil {
		e.t.Fatal(err)
	}
	return n
}

func (e *env) in(lang i18n.Lang) context.Context {
	return e.cat.With(e.t.Context(), lang, time.UTC, e.clock())
}

func plain(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

func TestANoticeIsTheOwnersAndReadsInTheLanguageOfTheReader(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.send(notice(anna, "application/7/1"))
	items := e.feed(anna, notify.Filter{})
	if len(items) != 1 || len(e.feed(boris, notify.Filter{})) != 0 {
		t.Fatalf("feed %v", items)
	}
	got := []string{items[0].Title(e.in(i18n.RU)), items[0].Text(e.in(i18n.RU)), items[0].Title(e.in(i18n.EN)), items[0].Text(e.in(i18n.EN))}
	for i := range got {
		got[i] = plain(got[i])
	}
	want := []string{"Заявка 2026-001245 принята", "Ответим до 3 декабря, пошлина 3 042,50 ₽. Это 2 раз",
		"Application 2026-001245 was taken", "Answer by 3 December, the fee is 3,042.50 ₽. Time 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if i := items[0]; i.Read || i.Link != "/applications/7" || i.Level != notify.Info || !i.At.Equal(e.clock()) || i.Service.EN != "Passport" {
		t.Errorf("%+v", i)
	}
}

// Invariant I4: exactly one record for one event.
func TestOneEventGivesOneNoticeHoweverOftenItIsSent(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := e.trySend(notice(anna, "application/7/1")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	e.send(notice(boris, "application/7/1"))
	if n := e.unread(anna); n != 1 {
		t.Errorf("%d notices", n)
	}
	e.drain()
	if len(e.mails) != 2 {
		t.Errorf("%d letters for two people", len(e.mails))
	}
}

func TestNothingIsSentWhenTheEventDidNotHappen(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	undone := errors.New("undone")
	err := e.db.Tx(t.Context(), func(tx *sqldb.DB) error {
		return errors.Join(e.Send(t.Context(), tx, notice(anna, "application/7/1")), undone)
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	e.drain()
	if e.unread(anna) != 0 || len(e.mails) != 0 {
		t.Error("something was sent")
	}
}

func TestNoticesThatCannotBeShownAreRefused(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	for name, change := range map[string]func(*notify.Notice){
		"no owner":              func(n *notify.Notice) { n.Owner = "" },
		"no key":                func(n *notify.Notice) { n.Key = "" },
		"no title":              func(n *notify.Notice) { n.Title = "" },
		"unknown topic":         func(n *notify.Notice) { n.Topic = "weather" },
		"link to another site":  func(n *notify.Notice) { n.Link = "https://example.test" },
		"argument without name": func(n *notify.Notice) { n.Args = []any{"a"} },
		"argument of a struct":  func(n *notify.Notice) { n.Args = []any{"a", struct{}{}} },
	} {
		n := notice(anna, "application/7/1")
		change(&n)
		if e.trySend(n) == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// Proves: K-04, K-05, K-06
func TestNoticesAreReadReturnedDeletedAndRestored(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	old := notice(anna, "old")
	old.Topic = notify.TopicSecurity
	e.send(old)
	e.forward(8 * 24 * time.Hour)
	e.send(notice(anna, "a"))
	e.forward(time.Minute)
	e.send(notice(anna, "b"))
	e.send(notice(boris, "b"))
	all := e.feed(anna, notify.Filter{})
	if len(all) != 3 || !all[0].At.After(all[1].At) {
		t.Fatalf("feed %v", all)
	}
	do := func(f func(context.Context, string, string) error, id string) {
		t.Helper()
		if err := f(t.Context(), anna, id); err != nil {
			t.Fatal(err)
		}
	}
	count := func(want ...int) { // all, unread, of the last week, about security, unread of the last week
		t.Helper()
		week := e.clock().AddDate(0, 0, -7)
		var got []int
		for _, f := range []notify.Filter{{}, {Unread: true}, {Since: week}, {Topic: notify.TopicSecurity}, {Unread: true, Since: week}} {
			got = append(got, len(e.feed(anna, f)))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if e.unread(anna) != want[1] {
			t.Errorf("the number of unread is %d", e.unread(anna))
		}
	}
	count(3, 3, 2, 1, 2)
	do(e.MarkRead, all[0].ID)
	do(e.MarkRead, all[0].ID)
	count(3, 2, 2, 1, 1)
	do(e.MarkUnread, all[0].ID)
	count(3, 3, 2, 1, 2)
	do(e.Delete, all[1].ID)
	count(2, 2, 1, 1, 1)
	if err := e.MarkRead(t.Context(), anna, all[1].ID); !errors.Is(err, notify.ErrNoNotice) {
		t.Errorf("marking a deleted notice: %v", err)
	}
	do(e.Restore, all[1].ID)
	count(3, 3, 2, 1, 2)
	do(e.MarkAllRead, all[1].ID) // a newer one came while the page was open
	count(3, 1, 2, 1, 1)
	if e.unread(boris) != 1 {
		t.Error("another person's notice changed")
	}
}

func TestNoticesOfOthersDoNotExist(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.send(notice(anna, "a"))
	id := e.feed(anna, notify.Filter{})[0].ID
	for name, f := range map[string]func(context.Context, string, string) error{
		"read": e.MarkRead, "unread": e.MarkUnread, "all read": e.MarkAllRead, "delete": e.Delete, "restore": e.Restore,
		"see": func(ctx context.Context, account, id string) error { _, err := e.Notice(ctx, account, id); return err },
	} {
		if err := f(t.Context(), boris, id); !errors.Is(err, notify.ErrNoNotice) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if e.unread(anna) != 1 {
		t.Error("it was changed")
	}
}

func TestTheFeedGoesBackPageByPage(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	for i := range 7 {
		e.send(notice(anna, fmt.Sprint(i)))
		if i%2 == 0 { // some at the very same moment
			e.forward(time.Second)
		}
	}
	var sizes []int
	seen := map[string]bool{}
	for before := ""; ; {
		feed, err := e.Feed(t.Context(), anna, notify.Filter{}, before, 3)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(feed.Items))
		for _, i := range feed.Items {
			seen[i.ID] = true
		}
		if before = feed.Next; before == "" {
			break
		}
	}
	if diff := cmp.Diff([]int{3, 3, 1}, sizes); diff != "" || len(seen) != 7 {
		t.Error(diff, len(seen))
	}
	if feed, err := e.Feed(t.Context(), anna, notify.Filter{}, "nonsense", 3); err != nil || len(feed.Items) != 3 {
		t.Errorf("a cursor that is none: %v, %v", feed, err)
	}
}

func TestTextsOfNoticesAreUnreadableInTheDatabase(t *testing.T) {
	t.Parallel()
	if os.Getenv(sqldbtest.PGEnv) != "" {
		t.Skip("looks into the file of SQLite")
	}
	url := sqldbtest.URL(t)
	db, err := sqldb.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schema.Up(t.Context(), db, features()...); err != nil {
		t.Fatal(err)
	}
	e := newTestOn(t, db)
	const canary = "canary-7f3e9a"
	n := notice(anna, "a")
	n.SMS, n.Args = true, append([]any{"number", canary}, n.Args[2:]...)
	n.ServiceTitle.RU, n.Link = canary, "/"+canary
	e.contact.Email = canary + "@example.test"
	e.send(n)
	e.drain()
	if len(e.mails) != 1 || !strings.Contains(e.mails[0].Text, canary) {
		t.Fatal("the letter lacks the text")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(strings.TrimPrefix(url, "sqlite:") + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{canary, "+79000001234", "12-34", "example.test", "Анна"} {
			if strings.Contains(string(data), secret) {
				t.Errorf("%s holds %q", filepath.Base(f), secret)
			}
		}
	}
}
