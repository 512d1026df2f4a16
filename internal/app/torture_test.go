package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/sandbox"
	"kabinet/internal/signature"
)

// trials is how often the portal is killed between «Отправить» and the result.
const trials = 100

// tortureService is sent in one step without a code and decided by the tax
// register, so that a trial is one form and everything after it.
const tortureService = `code: torture
number: ИЗ-002
agency: tax
kind: federal
category: documents
type: certificate
icon: receipt
title: {ru: Справка для испытания, en: Certificate for a trial}
summary: {ru: "Справка", en: "Certificate"}
description: {ru: "Служит для испытания портала.", en: "Serves to try the portal."}
keywords: {ru: [испытание], en: [trial]}
who:
  level: simplified
  text: {ru: "Любой.", en: "Anyone."}
fee: 0
term: {length: 10, unit: minutes}
fill_minutes: 1
visits: 0
steps:
  - title: {ru: Отправьте, en: Send}
    text: {ru: "Один шаг.", en: "One step."}
signing: none
routing: {connector: tax.income}
consent: {ru: "Согласен.", en: "I agree."}
result:
  title: {ru: Справка, en: Certificate}
form:
  steps:
    - id: request
      title: {ru: Справка, en: Certificate}
      fields:
        - {id: year, kind: year, label: {ru: Год, en: Year}}
        - {id: fio, kind: fio, label: {ru: ФИО, en: Name}}
        - {id: birth_date, kind: date, label: {ru: Дата рождения, en: Date of birth}}
        - {id: inn, kind: inn, label: {ru: ИНН, en: INN}}
examples:
  - name: sent whole
    given: {year: 2025, fio: {last: Соколова, first: Марина, middle: Андреевна}, birth_date: 14.03.1991, inn: "000000122390"}
    expect: {}
    route: connector:tax.income
`

// A person who saw a number finds the application; one who saw an error sends
// the same form again and has one application, one document and one notice,
// whenever between the two the power went.
//
// Proves: E-18, T-07
func TestKilledAtAnyMomentNothingIsLostOrDoneTwice(t *testing.T) {
	if testing.Short() || os.Getenv(sqldbtest.PGEnv) != "" {
		t.Skip("takes half a minute and is about SQLite, so it runs in the pass that is")
	}
	stand := newStand(t)
	stand.start()
	b := webtest.New(t, stand.url)
	form := b.Get("/login").Form(`form[action="/login"], main form`)
	if p := form.Set("login", "user1@example.test").Set("password", "correct-horse-1").Send(); p.Status != http.StatusOK {
		t.Fatalf("signing in: %d %s", p.Status, p.Text("main"))
	}
	numbers := map[string]bool{}
	for i := range trials {
		number := stand.trial(b, i)
		if numbers[number] {
			t.Fatalf("trial %d got the number %s of another", i, number)
		}
		numbers[number] = true
	}
	stand.settle()
	stand.stop(syscall.SIGTERM)
	stand.check(numbers)
}

// stand is the portal as a process of its own, beside the partners.
type stand struct {
	t    *testing.T
	bin  string
	env  []string
	url  string
	data string
	cmd  *exec.Cmd
	rand *rand.Rand
}

func newStand(t *testing.T) *stand {
	t.Helper()
	dir := t.TempDir()
	s := &stand{t: t, bin: filepath.Join(dir, "kabinet"), data: filepath.Join(dir, "data"), rand: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))}
	if out, err := exec.Command("go", "build", "-o", s.bin, "kabinet/cmd/kabinet").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	partners, token := startPartners(t)
	files := filepath.Join(dir, "services")
	if err := errors.Join(writeServices(files, 20), writeService(files, "tax/torture.yaml", []byte(tortureService))); err != nil {
		t.Fatal(err)
	}
	seal, err := signature.NewDemoAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, chain := filepath.Join(dir, "seal.key"), filepath.Join(dir, "seal.pem")
	if err := errors.Join(os.WriteFile(key, seal.Key, 0o600), os.WriteFile(chain, seal.Chain, 0o600)); err != nil {
		t.Fatal(err)
	}
	addr := freeAddress(t)
	s.url = "http://" + addr
	s.env = append(os.Environ(), "KABINET_LISTEN="+addr, "KABINET_PUBLIC_URL="+s.url, "KABINET_DATA="+s.data, "KABINET_SERVICES="+files,
		"KABINET_MASTER_KEY="+secret.NewMaster(), "KABINET_SMS_URL="+partners, "KABINET_SMS_TOKEN="+token, "KABINET_TAX_URL="+partners,
		"KABINET_TAX_TOKEN="+token, "KABINET_SEAL_KEY_FILE="+key, "KABINET_SEAL_CERTIFICATE="+chain, "KABINET_REPORTING_LOG_LEVEL=error")
	seed := exec.Command(s.bin, "seed", "--citizens", "1", "--applications", "0")
	seed.Env = s.env
	if out, err := seed.CombinedOutput(); err != nil {
		t.Fatalf("seeding: %v\n%s", err, out)
	}
	t.Cleanup(func() { s.stop(syscall.SIGKILL) })
	return s
}

// startPartners runs the sandbox for the length of the test.
func startPartners(t *testing.T) (address, token string) {
	t.Helper()
	box, err := sandbox.New(sandbox.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: box.Handler(), ReadHeaderTimeout: time.Second}
	go srv.Serve(ln)
	t.Cleanup(func() { srv.Close(); box.Close() })
	return "http://" + ln.Addr().String(), box.Token()
}

func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func (s *stand) start() {
	s.t.Helper()
	s.cmd = exec.Command(s.bin, "serve")
	s.cmd.Env = s.env
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if res, err := http.Get(s.url + "/readyz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
	}
	s.t.Fatal("the portal did not get ready")
}

func (s *stand) stop(how syscall.Signal) {
	if s.cmd != nil && s.cmd.Process != nil {
		s.cmd.Process.Signal(how)
		s.cmd.Wait()
		s.cmd = nil
	}
}

// trial sends one form, kills the portal at a random moment after that, starts
// it again, makes sure that the form was taken, and returns its number.
func (s *stand) trial(b *webtest.Browser, i int) string {
	s.t.Helper()
	form := b.Get("/services/torture/apply?new=1").Form("main form:has([name=idem])")
	form.Set("year", "2025").Set("fio.last", "Соколова").Set("fio.first", "Марина").Set("fio.middle", "Андреевна")
	form.Set("birth_date", "14.03.1991").Set("inn", "000000122390").Set("consent", "on")
	kill := time.AfterFunc(time.Duration(s.rand.IntN(200_000))*time.Microsecond, func() { s.cmd.Process.Signal(syscall.SIGKILL) })
	page, err := form.TrySend()
	shown := ""
	if err == nil {
		shown = numberOn(page)
	}
	if kill.Stop() {
		s.cmd.Process.Signal(syscall.SIGKILL)
	}
	s.cmd.Wait()
	s.start()
	again, err := form.TrySend()
	if err != nil {
		s.t.Fatalf("trial %d: sending again: %v", i, err)
	}
	number := numberOn(again)
	if number == "" {
		s.t.Fatalf("trial %d: no number after sending again: %d %s", i, again.Status, again.Text("main"))
	}
	if shown != "" && shown != number {
		s.t.Fatalf("trial %d: %s was shown, then %s", i, shown, number)
	}
	return number
}

// numberOn returns the number of the application whose page this is.
func numberOn(p *webtest.Page) string {
	_, rest, ok := strings.Cut(p.Text("main"), "№ ")
	if !ok || len(rest) < 16 {
		return ""
	}
	return rest[:16]
}

// settle waits until no job is left to do.
func (s *stand) settle() {
	s.t.Helper()
	db, err := sqldb.Open(context.Background(), "sqlite:"+filepath.Join(s.data, "kabinet.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if n := s.count(db, `SELECT count(*) FROM job WHERE state = 'run' OR state = 'ready' AND uniq IS NULL`); n == 0 {
			return
		}
	}
	left, err := sqldb.All(context.Background(), db, sqldb.Text, `SELECT kind || ' ' || state || ' ' || attempt || ' ' || error || ' ' || CAST(run_at AS TEXT) FROM job WHERE uniq IS NULL ORDER BY kind LIMIT 20`)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Fatalf("jobs are left after a minute:\n%s", strings.Join(left, "\n"))
}

func (s *stand) count(db *sqldb.DB, query string) int {
	s.t.Helper()
	n, err := sqldb.One(context.Background(), db, sqldb.Int, query)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// check looks at what is stored after everything.
func (s *stand) check(numbers map[string]bool) {
	s.t.Helper()
	db, err := sqldb.Open(context.Background(), "sqlite:"+filepath.Join(s.data, "kabinet.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	for what, query := range map[string]string{
		"applications":          `SELECT count(*) FROM application`,
		"forms":                 `SELECT count(DISTINCT form_key) FROM application`,
		"finished applications": `SELECT count(*) FROM application WHERE status = 'done'`,
		"journal lines of done": `SELECT count(*) FROM application_event WHERE status = 'done'`,
		"issued documents":      `SELECT count(DISTINCT result) FROM application WHERE result <> ''`,
		"numbers":               `SELECT count(*) FROM application_number`,
	} {
		if n := s.count(db, query); n != trials {
			s.t.Errorf("%d %s after %d forms", n, what, trials)
		}
	}
	if n := s.count(db, `SELECT count(*) FROM document_file WHERE kind = 'issued'`); n != trials {
		s.t.Errorf("%d stored results, want %d", n, trials)
	}
	// The citizen is told of: accepted, under review, approved, done.
	if n := s.count(db, `SELECT count(*) FROM notice WHERE topic = 'application'`); n != 4*trials {
		s.t.Errorf("%d notices, want one for each of four changes of status of %d applications", n, trials)
	}
	known, err := sqldb.All(context.Background(), db, sqldb.Text, `SELECT number FROM application`)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, number := range known {
		delete(numbers, number)
	}
	for number := range numbers {
		s.t.Errorf("the number %s was shown and is not there", number)
	}
	verify := exec.Command(s.bin, "audit", "verify")
	verify.Env = s.env
	if out, err := verify.CombinedOutput(); err != nil {
		s.t.Errorf("the log of acts: %v\n%s", err, out)
	}
	fmt.Fprintln(s.t.Output(), "all trials held")
}
