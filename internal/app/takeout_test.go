package app

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/takeout"
)

// Every table that names an account says what becomes of its rows when the
// account is deleted.
//
// Proves: A-106
func TestEveryTableAboutAPersonSaysWhenItsRowsGo(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, Schemas()...)
	for _, table := range tables() {
		person := slices.ContainsFunc(columnsOf(t, db, table.Name), func(c string) bool {
			return c == "account" || c == "owner" || c == "subject" || table.Name == "account" && c == "id"
		})
		if person && table.Person == "" && table.Kept == "" {
			t.Errorf("%s names an account and does not say whether its rows go with it (schema.Table.Person, Kept)", table.Name)
		}
		if table.Person != "" && !slices.Contains(columnsOf(t, db, table.Name), table.Person) {
			t.Errorf("%s has no column %s", table.Name, table.Person)
		}
	}
}

func columnsOf(t *testing.T, db *sqldb.DB, table string) []string {
	t.Helper()
	query := `SELECT name FROM pragma_table_info($1)`
	if db.Postgres() {
		query = `SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1`
	}
	list, err := sqldb.All(t.Context(), db, sqldb.Text, query, table)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// untold are tables about a person that a copy leaves out, and why.
var untold = map[string]string{
	"account_identifier": "keyed hashes of contacts and numbers that are told elsewhere",
	"outside_subject":    "keyed hashes of subjects, whose links are told",
	"account_password":   "a hash that only lets somebody in",
	"account_backup":     "hashes of codes that only let somebody in; how many are left is told",
	"account_failure":    "counts wrong passwords, for a day",
	"account_code":       "hashes of codes that work for minutes",
	"account_flow":       "steps before a sign-in, gone within a day",
	"account_link":       "hashes of links that work for a day",
	"account_kept":       "a form held over a sign-in, gone within a day",
	"account_warning":    "hashes of links that take a change back, for days",
	"person_proposal":    "a change that waits an hour for its code",
	"recovery_case":      "what somebody said who had lost the account; who looked at it stands in the log",
	"recovery_hold":      "hashes of links that give the account back, for days",
	"signature_print":    "keyed hashes of certificates that are told",
	"staff_member":       "the office somebody holds is the agency's record",
	"desk_case":          "the agency's own copy of an application that is told",
	"centre_intake":      "the centre's record that somebody came; what they said is forgotten after a day",
	"centre_link":        "hashes of links on paper, gone after a day",
	"proofing_queue":     "the verifiers' list of requests that are told",
	"document_lookup":    "keyed hashes of codes and contents that are told",
	"videocall_signal":   "what browsers tell each other in a meeting, gone when it ends",
	"takeout_copy":       "the copies themselves",
	"takeout_deletion":   "whether the account waits for deletion stands on its page",
}

// Proves: A-107
func TestEveryTableAboutAPersonIsToldOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	told := map[string]bool{}
	for _, part := range w.parts() {
		section, err := part(w.reader(), w.account)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := export.Data(w.reader(), section.Records); err != nil {
			t.Errorf("%s: %v", section.Name, err)
		}
		for _, name := range section.Tables {
			told[name] = true
		}
	}
	for _, table := range tables() {
		about := table.Person != "" || table.Kept != ""
		_, excused := untold[table.Name]
		if about && told[table.Name] == excused {
			t.Errorf("%s: a copy must tell it or the list of untold tables say why not (told: %v)", table.Name, told[table.Name])
		}
	}
}

// world is a portal with a clock of its own, and somebody who has lived in it.
type world struct {
	*App
	t       *testing.T
	clock   time.Time
	sandbox string // its address
	url     string
	account string
	browser *webtest.Browser
}

const worldPhone = "+79000000002"

func newWorld(t *testing.T) *world {
	t.Helper()
	partners, token := startPartners(t)
	files := filepath.Join(t.TempDir(), "services")
	if err := errors.Join(writeServices(files, 20), writeService(files, "tax/torture.yaml", []byte(tortureService))); err != nil {
		t.Fatal(err)
	}
	env := []string{"KABINET_DATA=" + t.TempDir(), "KABINET_MASTER_KEY=" + secret.NewMaster(), "KABINET_REPORTING_LOG_LEVEL=error", "KABINET_SERVICES=" + files,
		"KABINET_SMS_URL=" + partners, "KABINET_SMS_TOKEN=" + token,
		"KABINET_VIDEO_FROM=0s", "KABINET_VIDEO_TILL=0s", "KABINET_VIDEO_WEEKENDS=true"}
	cfg, err := configFile{}.load(&console{env: env}, false)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, clock: time.Now(), sandbox: partners}
	cfg.Now = func() time.Time { return w.clock }
	if w.App, err = Open(t.Context(), cfg, io.Discard); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := w.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.samplePeople(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.Handler())
	t.Cleanup(server.Close)
	w.url = server.URL
	if w.account, err = w.accounts.Find(t.Context(), account.Login{Kind: account.Phone, Value: worldPhone}); err != nil {
		t.Fatal(err)
	}
	return w
}

// live signs the person in and has them do what people do.
func (w *world) live() {
	w.t.Helper()
	w.browser = w.signIn(worldPhone)
	if _, err := w.documents.Upload(w.t.Context(), w.account, "Мой паспорт.png", bytes.NewReader(picture(w.t))); err != nil {
		w.t.Fatal(err)
	}
	form := w.browser.Get("/services/torture/apply?new=1").Form("main form:has([name=idem])")
	form.Set("year", "2025").Set("fio.last", "Кузнецов").Set("fio.first", "Илья").Set("fio.middle", "Сергеевич")
	form.Set("birth_date", "14.03.1991").Set("inn", "000000122390").Set("consent", "on")
	if page := form.Send(); numberOn(page) == "" {
		w.t.Fatalf("the application was not taken: %d %s", page.Status, page.Text("main"))
	}
	if err := w.proofing.OrderLetter(w.t.Context(), w.account, "s", "г. Верхнереченск, ул. Садовая, д. 12"); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.videocalls.Join(w.t.Context(), w.account, "s"); err != nil {
		w.t.Fatal(err)
	}
	w.drain()
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (w *world) signIn(phone string) *webtest.Browser {
	w.t.Helper()
	b := webtest.New(w.t, w.url)
	page := b.Get("/login").Form("main form:has([name=password])").Set("login", phone).Set("password", demoPassword).Send()
	if page.URL.Path == "/login" {
		w.t.Fatalf("%s does not get in: %s", phone, page.Text("main"))
	}
	return b
}

func (w *world) drain() {
	w.t.Helper()
	if err := w.runner.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// sweep does what a periodic job does.
func (w *world) sweep() {
	w.t.Helper()
	if err := w.takeout.Sweep(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.drain()
}

// lastSMS returns the newest message to a phone.
func (w *world) lastSMS(phone string) string {
	w.t.Helper()
	res, err := http.Get(w.sandbox + "/sms.json?to=" + url.QueryEscape(phone))
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var list []struct{ Text string }
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil || len(list) == 0 {
		w.t.Fatalf("no message to %s: %v", phone, err)
	}
	return list[0].Text
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// reader is a context in which texts come in Russian.
func (w *world) reader() context.Context {
	return w.App.texts.With(w.t.Context(), i18n.RU, w.location, w.clock)
}

// askForCopy has a copy made and returns its address.
func (w *world) askForCopy() string {
	w.t.Helper()
	page := w.browser.Get("/settings/data").Form("main form:has([name=format])").Set("format", "both").Send()
	w.drain()
	wrong := page.Form("main form:has([name=code])").Set("code", "000000").Send()
	if wrong.Status != http.StatusUnprocessableEntity || !wrong.Has("[name=code][aria-invalid]") {
		w.t.Errorf("a wrong code: %d %s", wrong.Status, wrong.Text("main"))
	}
	page = wrong.Form("main form:has([name=code])").Set("code", sixDigits.FindString(w.lastSMS(worldPhone))).Send()
	if page.URL.Path != "/settings/data" {
		w.t.Fatalf("the code was not taken: %d %s", page.Status, page.Text("main"))
	}
	if again := page.Form("main form:has([name=format])").Send(); again.Status != http.StatusConflict {
		w.t.Errorf("a second copy while one is made: %d", again.Status)
	}
	w.drain()
	links := w.browser.Get("/settings/data").All(`main a[href^="/settings/data/"]`)
	if len(links) != 1 {
		w.t.Fatalf("%d copies to download, want 1: %s", len(links), w.browser.Get("/settings/data").Text("main"))
	}
	return webtest.Attr(links[0], "href")
}

// Proves: A-107
func TestACopyHoldsEverythingAndOpensForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.live()
	at := w.askForCopy()
	page := w.browser.Get(at)
	archive, err := zip.NewReader(bytes.NewReader(page.Body), int64(len(page.Body)))
	if err != nil {
		t.Fatalf("%d %s: %v", page.Status, page.Header.Get("Content-Type"), err)
	}
	content := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		content[f.Name] = string(data)
	}
	if content["files/documents/Мой паспорт.png"] != string(picture(t)) {
		t.Error("the document is not in the copy as it was uploaded")
	}
	for _, words := range []string{"Кузнецов", worldPhone, "Мой паспорт.png", "000000122390"} {
		if !strings.Contains(content["data.json"], words) {
			t.Errorf("data.json lacks %s", words)
		}
		if !strings.Contains(content["index.html"], words) {
			t.Errorf("index.html lacks %s", words)
		}
	}
	var data struct {
		Sections []struct {
			Name    string
			Records []map[string]any
		}
	}
	if err := json.Unmarshal([]byte(content["data.json"]), &data); err != nil {
		t.Fatal(err)
	}
	for _, s := range data.Sections {
		// Nothing is linked and no certificate is owned here: their own tests tell them.
		if apart := s.Name == "outside_sign_ins" || s.Name == "signature_certificates"; len(s.Records) == 0 && !apart {
			t.Errorf("section %s is empty for somebody who has lived in the portal", s.Name)
		}
	}
	if other := w.signIn("+79000000003").Get(at); other.Status != http.StatusNotFound {
		t.Errorf("somebody else gets %d", other.Status)
	}
	_, id, _ := strings.Cut(strings.TrimPrefix(at, "/settings"), "/data/")
	w.clock = w.clock.Add(73 * time.Hour)
	if _, _, err := w.takeout.Open(t.Context(), w.account, "", id); !errors.Is(err, takeout.ErrNoCopy) {
		t.Errorf("after its term the copy opens: %v", err)
	}
	w.sweep()
	if left, err := filepath.Glob(filepath.Join(w.cfg.Data, "copies", "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("files of copies that are over: %v %v", left, err)
	}
}

// rows counts rows about an account in the tables for which f holds.
func (w *world) rows(f func(schema.Table) bool) (found []string) {
	w.t.Helper()
	for _, table := range tables() {
		column := table.Person
		if column == "" && strings.HasPrefix(table.Name, "document_") {
			column = "account"
		}
		if column == "" || !f(table) {
			continue
		}
		n, err := sqldb.One(w.t.Context(), w.db, sqldb.Int, `SELECT count(*) FROM `+table.Name+` WHERE `+column+` = $1`, w.account)
		if err != nil {
			w.t.Fatal(err)
		}
		if n > 0 {
			found = append(found, fmt.Sprintf("%s: %d", table.Name, n))
		}
	}
	return found
}

// Proves: A-106
func TestADeletedAccountIsGoneButForWhatTheLawKeeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.live()
	form := w.browser.Get("/settings/delete").Form("main form:has([name=sure])")
	if page := form.Send(); page.Status != http.StatusUnprocessableEntity {
		t.Errorf("without the tick: %d", page.Status)
	}
	page := form.Set("sure", "on").Send()
	page = page.Form(`main form[action$="/cancel"]`).Send()
	w.clock = w.clock.Add(15 * 24 * time.Hour)
	w.drain()
	if _, err := w.accounts.Account(t.Context(), w.account); err != nil {
		t.Fatalf("a deletion that was taken back happened: %v", err)
	}
	w.browser = w.signIn(worldPhone)
	w.browser.Get("/settings/delete").Form("main form:has([name=sure])").Set("sure", "on").Send()
	w.clock = w.clock.Add(13*24*time.Hour + time.Minute)
	w.drain()
	if text := w.lastSMS(worldPhone); !strings.Contains(text, "завтра") {
		t.Errorf("the day before, the last message is %q", text)
	}
	w.clock = w.clock.Add(24 * time.Hour)
	w.drain()
	if _, err := w.accounts.Account(t.Context(), w.account); !errors.Is(err, account.ErrNone) {
		t.Fatalf("after the term the account is there: %v", err)
	}
	if left := w.rows(func(t schema.Table) bool { return t.Kept == "" }); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if kept := w.rows(func(t schema.Table) bool { return t.Kept != "" }); len(kept) < 3 {
		t.Errorf("the law wants applications and documents kept, there is only %v", kept)
	}
	if text := w.lastSMS(worldPhone); !strings.Contains(text, "удалена") {
		t.Errorf("the last message is %q", text)
	}
	b := webtest.New(t, w.url)
	if page := b.Get("/login").Form("main form:has([name=password])").Set("login", worldPhone).Set("password", demoPassword).Send(); page.URL.Path != "/login" {
		t.Errorf("somebody got into a deleted account: %s", page.URL)
	}
	err := w.db.Tx(t.Context(), func(tx *sqldb.DB) error {
		_, err := w.accounts.Make(t.Context(), tx, account.Sample{Level: account.Simplified, Phone: worldPhone})
		return err
	})
	if err != nil {
		t.Errorf("the phone cannot be used anew: %v", err)
	}
	w.clock = w.clock.Add(5*365*24*time.Hour + 24*time.Hour)
	w.sweep()
	if left := w.rows(func(schema.Table) bool { return true }); len(left) > 0 {
		t.Errorf("after the law's term: %v", left)
	}
}
