package account

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// left asks how many seconds the session of a browser has, as the page's script does.
func (b *browser) left(method string) int {
	b.t.Helper()
	req, err := http.NewRequest(method, b.site.url+sessionPath, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	for _, n := range b.all("dialog [name=csrf]") {
		req.Header.Set("X-CSRF", attr(n, "value"))
	}
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusUnauthorized {
		return 0
	}
	var answer struct{ Left int }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		b.t.Fatalf("%d: %v", res.StatusCode, err)
	}
	return answer.Left
}

// Proves: A-86
// ASVS: V7.3.1, V7.3.2
func TestAnIdleSessionIsAskedAndEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	b.get("/settings/security")
	dialog := b.all("dialog[data-idle]")
	if len(dialog) != 1 || attr(dialog[0], "data-idle") != "900" || attr(dialog[0], "data-warn") != "60" || attr(dialog[0], "data-session") != sessionPath {
		t.Fatal("the page does not know when to ask")
	}
	s.pass(10 * time.Minute)
	if left := b.left(http.MethodGet); left != 300 {
		t.Errorf("%d seconds are left after ten minutes", left)
	}
	if left := b.left(http.MethodGet); left != 300 {
		t.Errorf("asking prolonged it to %d", left)
	}
	req, err := http.NewRequest(http.MethodGet, s.url+"/settings/security", nil)
	want(t, err, nil)
	req.Header.Set("X-Passive", "1")
	b.take(b.http.Do(req)) // news that come by themselves
	if left := b.left(http.MethodGet); left != 300 {
		t.Errorf("news prolonged it to %d", left)
	}
	if left := b.left(http.MethodPost); left != 900 {
		t.Errorf("«Продолжить» leaves %d", left)
	}
	s.pass(10 * time.Minute)
	b.get("/settings/signins") // another tab
	if left := b.left(http.MethodGet); left != 900 {
		t.Errorf("another tab leaves %d", left)
	}
	s.pass(Idle)
	if left := b.left(http.MethodPost); left != 0 {
		t.Errorf("%d seconds are left after the end", left)
	}
	b.get("/settings/security").at(200, "/login").says("Вы долго ничего не делали")
}

// ASVS: V7.3.2
func TestLivesOfSessionsFollowTheSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Service.lives = Lives{Idle: 2 * time.Minute, Citizen: 5 * time.Minute}.withDefaults()
	s := w.registered(phone)
	why := func() string {
		_, why, err := w.Current(t.Context(), s.Cookie)
		want(t, err, nil)
		return why
	}
	for range 4 {
		w.pass(time.Minute)
		if got := why(); got != "" {
			t.Fatalf("it ended by %q", got)
		}
	}
	w.pass(time.Minute)
	if got := why(); got != "account.session_old" {
		t.Errorf("it ended by %q", got)
	}
	s = w.signedIn(at(inRussia), phone)
	w.pass(2 * time.Minute)
	if got := why(); got != "account.session_idle" {
		t.Errorf("it ended by %q", got)
	}
}

// Every process hears of the end of a session, to close what it holds open.
// ASVS: V7.4.1
func TestTheEndOfASessionIsAnnounced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	var mu sync.Mutex
	var heard []string
	cancel := w.db.Subscribe(EndedSignal, func(account string) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, account)
	})
	t.Cleanup(cancel)
	time.Sleep(100 * time.Millisecond) // PostgreSQL listens
	other := w.signedIn(at(inRussia), phone)
	want(t, w.EndSession(t.Context(), s.Session.Account, s.Session.ID, other.Session.ID), nil)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		mu.Lock()
		n := len(heard)
		mu.Unlock()
		if n > 0 {
			break
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(heard) == 0 || heard[0] != s.Session.Account {
		t.Errorf("heard %q", heard)
	}
}

// Proves: A-42
// ASVS: V14.3.1
func TestAStrangersComputerKeepsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.registered(phone)
	b := s.browser(t)
	b.get("/login").send("login", phone, "password", goodPassword, "remember", "on", "alien", "on").at(200, "/")
	at, err := url.Parse(s.url)
	want(t, err, nil)
	for _, k := range b.http.Jar.Cookies(at) {
		if strings.HasPrefix(k.Name, deviceCookie) || k.Name == loginCookie {
			t.Errorf("the cookie %s is kept", k.Name)
		}
	}
	b.get("/settings/security").says("это устройство привязать нельзя")
	csrf := b.value("csrf")
	stay := *b.http
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := stay.PostForm(s.url+"/logout", url.Values{"csrf": {csrf}})
	want(t, err, nil)
	res.Body.Close()
	if got := res.Header.Get("Clear-Site-Data"); got != `"cache", "cookies", "storage"` {
		t.Errorf("what is cleared: %s", got)
	}
	b = s.browser(t)
	b.get("/login").send("login", phone, "password", goodPassword, "alien", "on").at(200, "/")
	for range 6 {
		s.pass(10 * time.Minute)
		b.get("/settings/security")
	}
	b.at(200, "/login").says("Сеанс длился долго") // an hour at most
}

// A sign-in page that was opened before another tab signed in is no forgery.
func TestTheSignInPageOfAnotherTab(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.registered(phone)
	b := s.browser(t)
	b.get("/login")
	old := b.value("csrf")
	b.send("login", phone, "password", goodPassword).at(200, "/")
	form := url.Values{"csrf": {old}, "login": {phone}, "password": {goodPassword}}
	b.do(http.MethodPost, "/login", form).at(409, "/login").says("Вы уже вошли в другой вкладке")
	form.Set("csrf", "x"+old[1:])
	if b.do(http.MethodPost, "/login", form); b.status != http.StatusForbidden {
		t.Errorf("a forged form is answered %d", b.status)
	}
}
