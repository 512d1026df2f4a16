package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"github.com/google/go-cmp/cmp"
	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/html"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// stand is a sandbox behind its real servers.
type stand struct {
	*Sandbox
	url  string
	mail string // host:port
}

func newStand(t *testing.T, o Options) stand {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	if o.Slow == 0 {
		o.Slow = time.Minute
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.Handler())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.ServeSMTP(ln) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Errorf("ServeSMTP: %v, want nil after Close", err)
		}
		srv.Close()
	})
	return stand{s, srv.URL, ln.Addr().String()}
}

// call sends body with the token and returns status and answer.
func (s stand) call(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.Token())
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

func (s stand) sendMail(t *testing.T, id string, to ...string) error {
	t.Helper()
	host, port, _ := net.SplitHostPort(s.mail)
	n, _ := strconv.Atoi(port)
	c, err := gomail.NewClient(host, gomail.WithPort(n), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithTimeout(5*time.Second),
		gomail.WithSMTPAuth(gomail.SMTPAuthPlain), gomail.WithUsername("portal"), gomail.WithPassword(s.Token()))
	if err != nil {
		t.Fatal(err)
	}
	m := gomail.NewMsg()
	if err := m.From("noreply@example.test"); err != nil {
		t.Fatal(err)
	}
	if err := m.To(to...); err != nil {
		t.Fatal(err)
	}
	m.Subject("Заявка принята: всё в порядке, ответ придёт сюда же")
	m.SetMessageIDWithValue(id)
	m.SetBodyString(gomail.TypeTextPlain, "Ответим до 4 декабря.\nhttp://127.0.0.1:8080/applications/1?a=1&b=2.")
	m.AddAlternativeString(gomail.TypeTextHTML, "<p style=\"color: red\">Ответим до <b>4 декабря</b>.</p>")
	if err := m.AttachReader("Справка о доходах.pdf", strings.NewReader("%PDF-1.7 …")); err != nil {
		t.Fatal(err)
	}
	return c.DialAndSendWithContext(t.Context(), m)
}

func TestSMS(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	const good = `{"id":"a1","to":"+79000001234","text":"Код 123456"}`
	for _, tt := range []struct {
		name, body string
		want       int
		answer     string
	}{
		{"a message", good, 202, `{"id":"a1","state":"accepted"}`},
		{"the same id again is the same message", good, 202, `{"id":"a1","state":"accepted"}`},
		{"the same id for another text", `{"id":"a1","to":"+79000001234","text":"Код 654321"}`, 409, `{"error":"id_used_for_another_message"}`},
		{"a phone that is not E.164, no id, no text", `{"id":"","to":"89000001234","text":" "}`, 422, `{"error":"bad_request","fields":["id","to","text"]}`},
		{"not JSON", `id=a1`, 400, `{"error":"not_json"}`},
		{"two values", good + good, 400, `{"error":"not_json"}`},
		{"far too long", `{"text":"` + strings.Repeat("a", maxBody) + `"}`, 413, `{"error":"too_large"}`},
	} {
		status, answer := s.call(t, "POST", "/sms/send", tt.body)
		if status != tt.want || strings.TrimSpace(answer) != tt.answer {
			t.Errorf("%s: %d %s, want %d %s", tt.name, status, answer, tt.want, tt.answer)
		}
	}
	if got := s.SMSTo("8 (900) 000-12-34"); len(got) != 1 || got[0].Text != "Код 123456" {
		t.Errorf("messages %v, want the one", got)
	}
	if status, answer := s.call(t, "GET", "/sms/a1", ""); status != 200 || !strings.Contains(answer, `"delivered"`) {
		t.Errorf("state of the message: %d %s", status, answer)
	}
	if status, _ := s.call(t, "GET", "/sms/nobody", ""); status != 404 {
		t.Errorf("state of an unknown message: %d, want 404", status)
	}
}

func TestSameSMSAtOnceIsOneMessage(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Dir: t.TempDir()})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { s.call(t, "POST", "/sms/send", `{"id":"a1","to":"+79000001234","text":"Код"}`) })
	}
	wg.Wait()
	if n := len(s.SMSTo("")); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

func TestPartnersAskForTheToken(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	for _, path := range []string{"/sms/send", "/tax/v1/income-certificates", "/tax/v1/numbers", "/passport/v1/checks", "/pension/v1/insured", "/post/v1/letters"} {
		resp, err := http.Post(s.url+path, "application/json", strings.NewReader(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d, want 401", path, resp.StatusCode)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, partner := range []struct{ name, path, body string }{
		{PartnerSMS, "/sms/send", `{"id":"a1","to":"+79000001234","text":"Код"}`},
		{PartnerTax, "/tax/v1/income-certificates", taxBody(nil)},
		{PartnerPassport, "/passport/v1/checks", checkBody(nil)},
		{PartnerPension, "/pension/v1/insured", checkBody(nil)},
		{PartnerPost, "/post/v1/letters", `{"id":"l1","name":"Соколова М. А.","address":"ул. Садовая, 12","text":"Код"}`},
	} {
		t.Run(partner.name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, Options{Slow: 50 * time.Millisecond})
			for _, tt := range []struct {
				mode  string
				want  func(int) bool
				holds string
				least time.Duration
			}{
				{ModeDown, func(c int) bool { return c == 503 }, "unavailable", 0},
				{ModeBroken, func(c int) bool { return c == 200 }, "<html>", 0},
				{ModeSlow, func(c int) bool { return c < 300 }, "{", 50 * time.Millisecond},
				{ModeOK, func(c int) bool { return c < 300 }, "{", 0},
			} {
				body := `{"partner":"` + partner.name + `","mode":"` + tt.mode + `"}`
				if status, answer := s.call(t, "POST", "/faults", body); status != 200 || !strings.Contains(answer, `"`+partner.name+`":"`+tt.mode+`"`) {
					t.Fatalf("switching to %s: %d %s", tt.mode, status, answer)
				}
				start := time.Now()
				status, answer := s.call(t, "POST", partner.path, partner.body)
				if !tt.want(status) || !strings.Contains(answer, tt.holds) || time.Since(start) < tt.least {
					t.Errorf("%s: %d %s after %v", tt.mode, status, answer, time.Since(start))
				}
			}
			if status, _ := s.call(t, "POST", "/faults", `{"partner":"`+partner.name+`","mode":"odd"}`); status != 422 {
				t.Errorf("an unknown mode: %d, want 422", status)
			}
		})
	}
}

func TestSlowPartnerWorksForAClientThatLeft(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Slow: 100 * time.Millisecond})
	if err := s.SetFault(PartnerSMS, ModeSlow); err != nil {
		t.Fatal(err)
	}
	r, _ := http.NewRequestWithContext(t.Context(), "POST", s.url+"/sms/send", strings.NewReader(`{"id":"a1","to":"+79000001234","text":"Код"}`))
	r.Header.Set("Authorization", "Bearer "+s.Token())
	if _, err := (&http.Client{Timeout: 30 * time.Millisecond}).Do(r); err == nil {
		t.Fatal("the client waited")
	}
	for deadline := time.Now().Add(5 * time.Second); len(s.SMSTo("")) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the message was not taken")
		}
	}
}

func TestMail(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	for range 2 {
		if err := s.sendMail(t, "n1@example.test", "sokolova@example.test", "kim@example.test"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.sendMail(t, "n2@example.test", "kim@example.test"); err != nil {
		t.Fatal(err)
	}
	got := s.MailTo("Sokolova@example.test")
	if len(got) != 2 || got[0].ID != 2 || got[0].Copies != 2 {
		t.Fatalf("letters %+v, want two copies, the newest first", got)
	}
	m := got[0]
	if m.Subject != "Заявка принята: всё в порядке, ответ придёт сюда же" || m.MessageID != "n1@example.test" ||
		!strings.HasPrefix(m.Text, "Ответим до 4 декабря.\nhttp://") || !strings.Contains(m.HTML, "<b>4 декабря</b>") {
		t.Errorf("read %q %q %q %q", m.Subject, m.MessageID, m.Text, m.HTML)
	}
	if len(m.Attachments) != 1 || m.Attachments[0].Name != "Справка о доходах.pdf" || string(m.Attachments[0].Data) != "%PDF-1.7 …" {
		t.Errorf("attachments %+v", m.Attachments)
	}
	if n := len(s.MailTo("")); n != 3 {
		t.Errorf("%d letters in all, want 3", n)
	}
}

func TestMailFaults(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	for _, tt := range []struct {
		mode string
		kept int
	}{{ModeDown, 0}, {ModeBroken, 1}} {
		if err := s.SetFault(PartnerMail, tt.mode); err != nil {
			t.Fatal(err)
		}
		if err := s.sendMail(t, tt.mode+"@example.test", "kim@example.test"); err == nil {
			t.Errorf("%s: sent without an error", tt.mode)
		}
		if n := len(s.MailTo("")); n != tt.kept {
			t.Errorf("%s: %d letters kept, want %d", tt.mode, n, tt.kept)
		}
	}
}

func TestMailThatBreaksTheRulesIsShownAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, raw, subject, text string }{
		{"no header at all", "just\xff words", "", "just\uFFFD words"},
		{"no content type", "Subject: hi\r\n\r\nbody\r\n", "hi", "body\n"},
		{"a multipart without a boundary", "Subject: hi\r\nContent-Type: multipart/mixed\r\n\r\nbody", "hi", ""},
		{"base64 cut off", "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nYm9keQ", "", "bod"},
		{"an unknown charset in the subject", "Subject: =?x-odd?Q?a?=\r\n\r\n", "=?x-odd?Q?a?=", ""},
	} {
		m := Mail{Raw: []byte(tt.raw)}
		m.parse()
		if m.Subject != tt.subject || m.Text != tt.text {
			t.Errorf("%s: %q %q, want %q %q", tt.name, m.Subject, m.Text, tt.subject, tt.text)
		}
	}
}

// taxBody is a request of the first sample person, with some fields changed.
func taxBody(change map[string]any) string {
	p := People[0]
	body := map[string]any{
		"requestId": "r1", "inn": p.INN, "snils": p.SNILS, "surname": p.Surname, "name": p.Name, "patronymic": p.Patronymic,
		"birthDate": p.BirthDate, "passport": map[string]string{"series": "00 00", "number": "123456"}, "year": 2025,
	}
	for k, v := range change {
		body[k] = v
	}
	b, _ := json.Marshal(body)
	return string(b)
}

func TestIncomeCertificate(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	for i, tt := range []struct {
		name   string
		change map[string]any
		status int
		holds  string
	}{
		{"a year", nil, 200, `"totals":{"incomeKopecks":85500000,"taxKopecks":11115000}`},
		{"another letter case and no ё is the same name", map[string]any{"surname": "СОКОЛОВА "}, 200, `"status":"found"`},
		{"by СНИЛС alone", map[string]any{"inn": "", "passport": nil}, 200, `"status":"found"`},
		{"by passport alone", map[string]any{"inn": "", "snils": ""}, 200, `"status":"found"`},
		{"a year before the first job", map[string]any{"year": 2018}, 200, `"agents":[],"totals":{"incomeKopecks":0,"taxKopecks":0}`},
		{"another birth date", map[string]any{"birthDate": "1991-03-15"}, 200, `"status":"mismatch","fields":["birthDate"]`},
		{"no patronymic, another passport", map[string]any{"patronymic": "", "passport": map[string]string{"series": "0000", "number": "654321"}}, 200, `"fields":["patronymic","passport"]`},
		{"the СНИЛС of somebody else", map[string]any{"snils": People[1].SNILS}, 200, `"fields":["snils"]`},
		{"nobody", map[string]any{"inn": "500100732259", "snils": "11223344595", "passport": nil}, 200, `"status":"not_found"`},
		{"wrong check digits", map[string]any{"inn": "500100732258", "snils": "11223344596"}, 422, `"fields":["inn","snils"]`},
		{"nothing to look up by", map[string]any{"inn": "", "snils": "", "passport": nil}, 422, `"fields":["inn"]`},
		{"a year to come", map[string]any{"year": 2027}, 422, `"fields":["year"]`},
		{"no such day", map[string]any{"birthDate": "1991-02-30"}, 422, `"fields":["birthDate"]`},
	} {
		change := map[string]any{"requestId": "r" + strconv.Itoa(i)}
		for k, v := range tt.change {
			change[k] = v
		}
		status, answer := s.call(t, "POST", "/tax/v1/income-certificates", taxBody(change))
		if status != tt.status || !strings.Contains(answer, tt.holds) {
			t.Errorf("%s: %d %s, want %d with %s", tt.name, status, answer, tt.status, tt.holds)
		}
	}
}

func TestSameRequestGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	now := noon
	s := newStand(t, Options{Now: func() time.Time { return now }})
	ask := func(change map[string]any) (int, string) {
		return s.call(t, "POST", "/tax/v1/income-certificates", taxBody(change))
	}
	_, first := ask(map[string]any{"year": 2026})
	now = now.AddDate(0, 1, 0) // one more month was paid
	if _, again := ask(map[string]any{"year": 2026}); again != first {
		t.Errorf("answered %s, then %s", first, again)
	}
	if _, other := ask(map[string]any{"year": 2026, "requestId": "r2"}); other == first {
		t.Error("a new request did not see the new month")
	}
	if status, _ := ask(map[string]any{"year": 2025}); status != http.StatusConflict {
		t.Errorf("the same id for another year: %d, want 409", status)
	}
}

func TestIncomeTax(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		year         int
		income, want int64 // roubles
	}{
		{"one rate before 2021", 2020, 6_000_000, 780_000},
		{"two rates from 2021", 2024, 6_000_000, 800_000},
		{"up to the first step", 2025, 2_400_000, 312_000},
		{"a rouble above rounds to nothing", 2025, 2_400_001, 312_000},
		{"all five rates", 2025, 60_000_000, 312_000 + 390_000 + 2_700_000 + 6_000_000 + 2_200_000},
	} {
		if got := incomeTax(tt.year, tt.income*100); got != tt.want*100 {
			t.Errorf("%s: %d kopecks, want %d roubles", tt.name, got, tt.want)
		}
	}
}

func TestPeopleHaveRightNumbers(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range People {
		if !validINN(p.INN) || !validSNILS(p.SNILS) || !validDate(p.BirthDate) || !validDate(p.IssuedOn) || !e164.MatchString(p.Phone) {
			t.Errorf("%s: a number or a date is wrong", p.Surname)
		}
		for _, v := range []string{p.INN, p.SNILS, p.Phone, p.Email, p.PassportSeries + p.PassportNumber} {
			if seen[v] {
				t.Errorf("%s: %s is used twice", p.Surname, v)
			}
			seen[v] = true
		}
	}
	for _, f := range firms {
		if f.inn[9:] != innDigit(f.inn, 2, 4, 10, 3, 5, 9, 4, 6, 8) {
			t.Errorf("%s: the ИНН is wrong", f.name)
		}
	}
	for _, v := range []string{"500100732259", "585204118212", "770000000300"} {
		if !validINN(v) {
			t.Errorf("ИНН %s refused", v)
		}
	}
	for _, v := range []string{"11223344595", "08765430300", "10020789900", "10020798900", "00100199800"} {
		if !validSNILS(v) {
			t.Errorf("СНИЛС %s refused", v)
		}
	}
}

func TestStateSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := newStand(t, Options{Dir: dir})
	before.call(t, "POST", "/sms/send", `{"id":"a1","to":"+79000001234","text":"Код"}`)
	if err := before.sendMail(t, "n1@example.test", "kim@example.test"); err != nil {
		t.Fatal(err)
	}
	_, said := before.call(t, "POST", "/tax/v1/income-certificates", taxBody(nil))
	if err := before.SetFault(PartnerTax, ModeDown); err != nil {
		t.Fatal(err)
	}
	added, _, err := before.savePayer(Payer{Person: Person{Surname: "Новая", Name: "Вера", BirthDate: "2000-01-01"}})
	if err != nil {
		t.Fatal(err)
	}
	// Not closed: the process was killed while it wrote a line.
	path := filepath.Join(dir, "sandbox.jsonl")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"sms":{"id":"a2`); err != nil {
		t.Fatal(err)
	}
	f.Close()

	after := newStand(t, Options{Dir: dir})
	if after.Token() != before.Token() {
		t.Error("the token changed")
	}
	if diff := cmp.Diff(before.SMSTo(""), after.SMSTo("")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before.MailTo(""), after.MailTo("")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before.Payers(), after.Payers()); diff != "" || after.Payers()[len(People)].ID != added.ID {
		t.Error(diff)
	}
	if got := after.fault(PartnerTax); got != ModeDown {
		t.Errorf("the tax register is %s, want down", got)
	}
	if err := after.SetFault(PartnerTax, ModeOK); err != nil {
		t.Fatal(err)
	}
	if _, again := after.call(t, "POST", "/tax/v1/income-certificates", taxBody(nil)); again != said {
		t.Errorf("answered %s, after the restart %s", said, again)
	}
	if status, _ := after.call(t, "POST", "/sms/send", `{"id":"a1","to":"+79000001234","text":"Код"}`); status != 202 || len(after.SMSTo("")) != 1 {
		t.Error("the same id after the restart is another message")
	}
}

func TestDamagedStateIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sandbox.jsonl"), []byte("{\"token\":\"a\"}\nrubbish\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("New: %v, want the line named", err)
	}
}

func TestOnlyTheNewestAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newStand(t, Options{Dir: dir})
	const sent = 3*maxKept + 2000
	s.mu.Lock()
	for i := range sent {
		if err := s.add(record{SMS: &SMS{ID: strconv.Itoa(i), To: "+79000001234", Text: "Код", Time: noon}}); err != nil {
			t.Error(err)
		}
	}
	lines := s.journal.lines
	s.mu.Unlock()
	if got := s.SMSTo(""); len(got) != maxKept || got[0].ID != strconv.Itoa(sent-1) {
		t.Errorf("%d messages, the newest %s", len(got), got[0].ID)
	}
	if len(s.smsByID) != maxKept || lines > 2*maxKept+2000 {
		t.Errorf("%d ids and %d lines in the file", len(s.smsByID), lines)
	}
	big := bytes.Repeat([]byte("a"), maxMailBytes/3)
	s.mu.Lock()
	for i := range 5 {
		s.apply(record{Mail: &Mail{ID: i + 1, Raw: big}})
	}
	s.mu.Unlock()
	if got := s.MailTo(""); len(got) != 3 || got[0].ID != 5 {
		t.Errorf("%d big letters kept, want 3", len(got))
	}
}

func TestJSONLists(t *testing.T) {
	t.Parallel()
	now := noon
	s := newStand(t, Options{Now: func() time.Time { return now }})
	for i := range 3 {
		now = noon.Add(time.Duration(i) * time.Hour)
		s.call(t, "POST", "/sms/send", `{"id":"a`+strconv.Itoa(i)+`","to":"+7900000123`+strconv.Itoa(i%2)+`","text":"Код"}`)
		if err := s.sendMail(t, "n@example.test", "kim"+strconv.Itoa(i%2)+"@example.test"); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ name, query, want string }{
		{"all, newest first", "/sms.json", "a2 a1 a0"},
		{"one phone", "/sms.json?to=%2B79000001230", "a2 a0"},
		{"a plus that was not escaped", "/sms.json?to=+79000001230", "a2 a0"},
		{"since a time, itself included", "/sms.json?since=2026-11-20T13:00:00Z", "a2 a1"},
		{"since a time in another zone", "/sms.json?since=2026-11-20T17:00:00+03:00", "a2"},
		{"nobody's", "/sms.json?to=%2B79990000000", ""},
		{"all mail", "/mail.json", "3 2 1"},
		{"one address", "/mail.json?to=KIM0@example.test", "3 1"},
		{"one address since a time", "/mail.json?to=kim0@example.test&since=2026-11-20T13:00:00Z", "3"},
	} {
		status, answer := s.call(t, "GET", tt.query, "")
		var list []struct {
			ID   any
			Time time.Time
			Text string
		}
		if err := json.Unmarshal([]byte(answer), &list); err != nil || status != 200 {
			t.Errorf("%s: %d %v", tt.name, status, err)
		}
		var ids []string
		for _, m := range list {
			id, _ := json.Marshal(m.ID)
			ids = append(ids, strings.Trim(string(id), `"`))
			if m.Time.IsZero() || m.Text == "" {
				t.Errorf("%s: no time or text in %s", tt.name, answer)
			}
		}
		if got := strings.Join(ids, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if status, _ := s.call(t, "GET", "/sms.json?since=yesterday", ""); status != 400 {
		t.Errorf("a bad since: %d, want 400", status)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	s.call(t, "POST", "/sms/send", `{"id":"a1","to":"+79000001234","text":"Код 123456 <b>"}`)
	if err := s.sendMail(t, "n1@example.test", "sokolova@example.test"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, title, selector, text string }{
		{"/", "Партнёры — Учебный стенд", "code", s.Token()},
		{"/?lang=en", "Partners — Training stand", "nav a[hreflang=ru][href='/']", "Русский"},
		{"/sms", "SMS — Учебный стенд", ".messages .text", "Код 123456 <b>"},
		{"/sms?to=900+000-12-34", "SMS — Учебный стенд", ".messages strong", "+79000001234"},
		{"/sms?to=777", "SMS — Учебный стенд", ".empty", "На этот номер сообщений не было."},
		{"/mail?to=SOKOLOVA&lang=en", "Mail — Training stand", ".messages a[href='/mail/1?lang=en']", "Заявка"},
		{"/mail/1", "Заявка принята: всё в порядке, ответ придёт сюда же — Учебный стенд", ".letter a[href='http://127.0.0.1:8080/applications/1?a=1&b=2']", "http"},
		{"/mail/1", "Заявка принята: всё в порядке, ответ придёт сюда же — Учебный стенд", "a[href='/mail/1/attachments/0']", "Справка о доходах.pdf"},
		{"/mail/1?lang=en", "Заявка принята: всё в порядке, ответ придёт сюда же — Training stand", "iframe[sandbox][src='/mail/1/html']", ""},
		{"/mail/2", "Такой страницы нет — Учебный стенд", "main p", ""},
		{"/tax", "Налоговый реестр — Учебный стенд", ".cards h2", "Щеглова Юлия Маратовна"},
		{"/tax/people/new", "Новый человек в реестре — Учебный стенд", "label[for=inn]", "ИНН"},
		{"/tax/people/1?lang=en", "Person of the register — Training stand", "input[name=surname][value=Соколова]", ""},
		{"/nothing", "Такой страницы нет — Учебный стенд", "h1", "Такой страницы нет"},
	} {
		doc, resp := s.page(t, tt.path)
		if got := strings.ReplaceAll(text(doc, "title"), "\u00a0", " "); got != tt.title {
			t.Errorf("%s: title %q, want %q", tt.path, got, tt.title)
		}
		if !strings.Contains(strings.ReplaceAll(text(doc, tt.selector), "\u00a0", " "), tt.text) || cascadia.Query(doc, cascadia.MustCompile(tt.selector)) == nil {
			t.Errorf("%s: %s says %q, want %q", tt.path, tt.selector, text(doc, tt.selector), tt.text)
		}
		for _, bad := range []string{"script", "style", "[style]", "[onclick]"} {
			if cascadia.Query(doc, cascadia.MustCompile(bad)) != nil {
				t.Errorf("%s: has %s", tt.path, bad)
			}
		}
		if csp := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
			t.Errorf("%s: policy %q", tt.path, csp)
		}
	}
	if _, resp := s.page(t, "/sms?refresh=1"); resp.Header.Get("Refresh") != "5" {
		t.Error("the page does not refresh when asked to")
	}
	if _, resp := s.page(t, "/mail/1/html"); !strings.HasPrefix(resp.Header.Get("Content-Security-Policy"), "sandbox ") {
		t.Error("the letter's HTML is not confined")
	}
	if _, resp := s.page(t, "/mail/1/attachments/0"); !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment;") {
		t.Error("the attachment is not a download")
	}
}

// page gets a page as a browser would.
func (s stand) page(t *testing.T, path string) (*html.Node, *http.Response) {
	t.Helper()
	resp, err := http.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	doc, err := html.Parse(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc, resp
}

// text returns the text of all that the selector finds.
func text(doc *html.Node, selector string) string {
	var out strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			out.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range cascadia.QueryAll(doc, cascadia.MustCompile(selector)) {
		walk(n)
	}
	return out.String()
}

// submit posts a form as the browser on page origin would.
func (s stand) submit(t *testing.T, path, origin string, form url.Values) (*html.Node, *http.Response) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", origin)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	doc, err := html.Parse(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc, resp
}

func TestVisitorAddsThemselfToTheTaxRegister(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	form := url.Values{"surname": {"Иванова-Ёлкина"}, "name": {"Вера"}, "birth_date": {"2000-02-30"}, "inn": {"500100732258"}, "snils": {"112-233-445 95"}, "jobs": {"2"}, "pay": {"50 000,50"}}
	doc, resp := s.submit(t, "/tax/people/new", s.url, form)
	if resp.StatusCode != 422 || !strings.Contains(text(doc, "#birth_date-wrong, #inn-wrong"), "контрольными") ||
		cascadia.Query(doc, cascadia.MustCompile("input[name=surname][value='Иванова-Ёлкина']")) == nil || !strings.HasPrefix(text(doc, "title"), "Ошибка: ") {
		t.Errorf("wrong input: %d %s", resp.StatusCode, text(doc, "main"))
	}
	form.Set("birth_date", "2000-02-29")
	form.Set("inn", "")
	if doc, resp = s.submit(t, "/tax/people/new", s.url, form); resp.StatusCode != 200 || text(doc, "[role=status]") == "" {
		t.Fatalf("adding: %d %s", resp.StatusCode, text(doc, "main"))
	}
	added := s.Payers()[len(People)]
	if !validINN(added.Person.INN) {
		t.Errorf("made up the ИНН %q", added.Person.INN)
	}
	_, answer := s.call(t, "POST", "/tax/v1/income-certificates", taxBody(map[string]any{
		"inn": "", "snils": "11223344595", "surname": "иванова-елкина", "name": "Вера", "patronymic": "", "birthDate": "2000-02-29",
	}))
	if !strings.Contains(answer, `"status":"found"`) || strings.Count(answer, `"kpp"`) != 2 {
		t.Errorf("the register says %s", answer)
	}
	form.Set("snils", People[0].SNILS)
	if doc, resp = s.submit(t, "/tax/people/"+added.ID, s.url, form); resp.StatusCode != 422 || text(doc, "#snils-wrong") == "" {
		t.Errorf("the СНИЛС of another person: %d %s", resp.StatusCode, text(doc, "main"))
	}
}

func TestSampleJobsOutliveAChangeOfTheName(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	p := s.Payers()[1]
	form := url.Values{
		"surname": {"Кузнецов"}, "name": {"Дмитрий"}, "patronymic": {"Ольгович"}, "birth_date": {p.Person.BirthDate}, "inn": {p.Person.INN},
		"snils": {p.Person.SNILS}, "passport": {p.Person.PassportSeries + p.Person.PassportNumber}, "jobs": {"2"}, "pay": {"112 000"},
	}
	if _, resp := s.submit(t, "/tax/people/2", s.url, form); resp.StatusCode != 200 {
		t.Fatalf("changing: %d", resp.StatusCode)
	}
	want := p
	want.Person.Patronymic = "Ольгович"
	if diff := cmp.Diff(want, s.Payers()[1]); diff != "" {
		t.Error(diff)
	}
}

func TestAnotherSiteMaySwitchNothing(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	form := url.Values{"partner": {PartnerTax}, "mode": {ModeDown}}
	if _, resp := s.submit(t, "/faults", "http://evil.example.test", form); resp.StatusCode != http.StatusForbidden || s.fault(PartnerTax) != ModeOK {
		t.Errorf("from another site: %d", resp.StatusCode)
	}
	if _, resp := s.submit(t, "/faults?lang=en", s.url, form); resp.StatusCode != 200 || resp.Request.URL.RequestURI() != "/?lang=en" || s.fault(PartnerTax) != ModeDown {
		t.Errorf("from the page: %d %s", resp.StatusCode, resp.Request.URL)
	}
}

func TestTextsAreWholeInBothLanguages(t *testing.T) {
	t.Parallel()
	p, err := newPages()
	if err != nil {
		t.Fatal(err)
	}
	for key, ru := range p.texts["ru"] {
		slots := regexp.MustCompile(`\{\d\}`)
		if en := p.texts["en"][key]; len(slots.FindAllString(ru, -1)) != len(slots.FindAllString(en, -1)) || en == "" {
			t.Errorf("%s: %q, %q", key, ru, en)
		}
	}
	if len(p.texts["en"]) != len(p.texts["ru"]) {
		t.Error("the languages have different keys")
	}
	entries, err := files.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		src, err := files.ReadFile("templates/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\.T "([a-z_.0-9]+)"`).FindAllStringSubmatch(string(src), -1) {
			if p.texts["ru"][m[1]] == "" {
				t.Errorf("%s: no text %s", e.Name(), m[1])
			}
		}
	}
}
