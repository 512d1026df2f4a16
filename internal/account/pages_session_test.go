package account

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
)

// Proves
func TestWaysOfOtherFeaturesStandOnSignInAndRegistration(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Service.ways = func(context.Context) []WayIn {
		return []WayIn{
			{Text: i18n.K("account.phone"), Href: "/second", Order: OrderESIA},
			{Text: i18n.K("account.email"), Href: "/first", Order: OrderSignature, Register: "/first/new", Needs: i18n.K("account.code"), Gives: i18n.K("account.confirm")},
		}
	}
	b := s.browser(t)
	b.get("/login?next=/services")
	var hrefs []string
	for _, a := range b.all("main nav a.ds-button") {
		hrefs = append(hrefs, attr(a, "href"))
	}
	if !slices.Equal(hrefs, []string{"/login/phone?next=%2Fservices", "/first?next=%2Fservices", "/second?next=%2Fservices"}) {
		t.Errorf("ways lead to %q", hrefs)
	}
	b.get("/register").says("По номеру телефона").says("Код из 6 цифр").says("Подтвердить")
	if got := b.all(`a[href="/first/new"]`); len(got) != 1 {
		t.Errorf("%d ways to register are offered", len(got))
	}
	b.send("phone", "8 900 000 12 34").at(200, "/register/.*/code")
}

// Proves
func TestSignInByAPhoneCodeAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	st := s.registered(phone)
	b := s.browser(t)
	b.get("/login?next=/settings/signins")
	if got := b.all(`main a[href="/login/phone?next=%2Fsettings%2Fsignins"]`); len(got) != 1 {
		t.Fatal("the way is not offered")
	}
	b.get("/login/phone?next=/settings/signins").send("login", "12", "remember", "on").at(422, "/login/phone").says("+7 и ещё 10 цифр")
	b.send("login", "8 900 000-12-34", "remember", "on").at(200, "/login/phone/.*").says("+7 900 •••-12-34")
	b.send("code", other(s.code(phone))).at(422, "/login/phone/.*").says("Осталось 4 попытки")
	page := b.path
	b.send("code", s.code(phone)).at(200, "/settings/signins").says("Код из SMS")
	b.get(page).at(404, "/login/phone/.*") // once
	logout(b)
	if got := b.get("/login/phone").value("login"); !strings.HasSuffix(got, "12-34") {
		t.Errorf("the phone that was to be remembered is %q", got)
	}

	// Whoever needs two factors goes on to the password: a second code proves nothing new.
	want(t, s.db.Tx(t.Context(), func(tx *txDB) error {
		return s.SetLevel(t.Context(), tx, st.Session.Account, Confirmed, audit.Portal())
	}), nil)
	s.pass(CodeResend)
	b = s.browser(t)
	b.get("/login/phone").send("login", phone).at(200, "/login/phone/.*")
	page = b.path
	b.get(page+"/password").at(200, page) // not before the code
	b.send("code", s.code(phone)).at(200, page+"/password")
	b.get(page).at(200, page+"/password") // a refresh
	b.send("password", "wrong").at(422, page+"/password").says("не подошли")
	b.send("password", goodPassword).at(200, "/")
	b.get("/settings/signins").says("Пароль и код из SMS")
	other := s.browser(t)
	other.get(page+"/password").at(404, page+"/password")
}

// Proves
func TestHistoryOfSignInsOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	b.get("/settings/signins?show=failed").says("Здесь пусто")
	stranger := s.browser(t)
	stranger.get("/login").send("login", phone, "password", "wrong").at(422, "/login")
	for range 30 {
		s.signedIn(at(inGermany), phone)
		s.pass(time.Minute)
		b.get("/")
	}
	b.get("/settings/signins?show=failed").says("Неверный пароль").says("место неизвестно")
	b.get("/settings/signins").says("Германия").says(inGermany).says("Chrome, Windows")
	if n := len(b.all("tbody tr")); n != 25 {
		t.Errorf("%d lines on a page", n)
	}
	older := attr(b.all(`nav.ds-pagination a`)[0], "href")
	if n := len(b.get(older).all("tbody tr")); n != 7 {
		t.Errorf("%d lines on the second page", n)
	}
	if got := b.all(`main a[href="/activity"]`); len(got) != 1 {
		t.Error("the way to the history of acts is missing")
	}
	b.get("/settings/signins?show=entries")
	if strings.Contains(b.main(), "Неверный пароль") {
		t.Error("failed tries are shown among the sign-ins")
	}
	b.press("Блокировать подозрительные попытки")
	if strings.HasPrefix(b.path, "/confirm") {
		b.send("password", goodPassword).at(200, "/login/resume/.*").send("block", "on")
	}
	b.at(200, "/settings/security").says("Настройки входа сохранены")
	_, err := s.SignIn(t.Context(), at(inBrazil), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrSuspicious)
	b.get("/settings/signins?show=failed").says("Заблокирован")
}

// Proves
func TestTheLinkThatDeniesASignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	st := s.registered(phone)
	thief := s.browser(t)
	thief.get("/login").send("login", phone, "password", goodPassword).at(200, "/")
	s.drain()
	lines, err := s.History(t.Context(), st.Session.Account, ShowEntries, "", 1)
	want(t, err, nil)
	mail := s.browser(t) // on another device, where nobody is signed in
	path := s.denyPath(st.Session.Account, lines[0].ID)
	mail.get(path).at(200, path).says("Это были не вы?").says("127.0.0.1")
	thief.get("/settings/security").at(200, "/settings/security") // a look at the page does nothing
	mail.press("Это был не я").at(200, path).says("прежний пароль больше не действует")
	thief.get("/settings/security").at(200, "/login").says("чужим")
	mail.get(path).at(404, path)
	mail.get(path[:len(path)-1]+"!").at(404, "/not-me/.*")
}

func TestRemoteAccessOnThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	st := s.registered(phone)
	b := s.browser(t)
	b.get("/login").send("login", phone, "password", goodPassword).at(200, "/")
	b.get("/settings/remote").says("Вернуться вы сможете с этого устройства").press("Отключить удалённый доступ").at(200, "/settings/security").says("Удалённый доступ отключён")
	stranger := s.browser(t)
	stranger.get("/login").send("login", phone, "password", goodPassword).at(409, "/login").says("Владелец закрыл вход")
	logout(b)
	b.get("/login").send("login", phone, "password", goodPassword).at(200, "/")
	b.get("/settings/remote").press("Включить удалённый доступ").at(200, "/settings/security").says("Удалённый доступ включён")
	stranger.get("/login").send("login", phone, "password", goodPassword).at(200, "/")

	// A device is linked by a session that was begun with two factors.
	b.get("/settings/security").says("привязывать устройства незачем")
	want(t, s.db.Tx(t.Context(), func(tx *txDB) error {
		return s.SetLevel(t.Context(), tx, st.Session.Account, Confirmed, audit.Portal())
	}), nil)
	b.get("/settings/security").says("выйдите и войдите снова")
	logout(b)
	s.drain()
	b.get("/login").send("login", phone, "password", goodPassword).at(200, "/login/code/.*").send("code", s.code(phone)).at(200, "/")
	b.get("/settings/security").press("Привязать это устройство").at(200, "/settings/security").says("Устройство привязано").says("Это устройство")
}
