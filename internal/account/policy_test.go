package account

import (
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"
)

// leaked makes a list of leaked passwords.
func leaked(t *testing.T, ending string, passwords ...string) *LeakedList {
	t.Helper()
	lines := make([]string, len(passwords))
	for i, p := range passwords {
		sum := sha1.Sum([]byte(p))
		lines[i] = strings.ToUpper(hex.EncodeToString(sum[:])) + ending
	}
	slices.Sort(lines)
	path := filepath.Join(t.TempDir(), "leaked.txt")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := OpenLeaked(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ASVS: V6.2.12
func TestEveryPasswordOfALeakedListIsFound(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{"\n", ":17\r\n", ":1234567\n"} {
		for _, n := range []int{1, 2, 3, 100} {
			var all []string
			for i := range n {
				all = append(all, "password-"+strconv.Itoa(i))
			}
			l := leaked(t, ending, all...)
			for _, p := range all {
				if found, err := l.Has(p); err != nil || !found {
					t.Errorf("of %d lines ending %q %s is not found: %v", n, ending, p, err)
				}
			}
			for i := range 200 {
				if found, err := l.Has("other-" + strconv.Itoa(i)); err != nil || found {
					t.Errorf("of %d lines another one is found: %v", n, err)
				}
			}
		}
	}
	path := filepath.Join(t.TempDir(), "no list")
	if err := os.WriteFile(path, []byte("password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLeaked(path); err == nil {
		t.Error("a file of something else is taken")
	}
}

// ASVS: V6.2.1, V6.2.9
func TestProfilesOfPasswords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		profile       Profile
		second        bool
		typed, broken string
	}{
		{Classes, false, "Зимний-Вечер 7", ""},
		{Classes, false, "длинная фраза без цифр и знаков", "upper"},
		{Modern, false, "длинная фраза без цифр и знаков", ""},
		{Modern, false, "четырнадцать14", "length"},
		{Modern, false, "пятнадцать--015", ""},
		{Modern, true, "семь7мь", "length"},
		{Modern, true, "восемь8в", ""},
		{Modern, true, "password", "common"},
		{Modern, false, "Kabinet kabinet", ""},
		{Regulated, true, "Вечер-7ая", "length"},
		{Regulated, true, "Вечера-7ая", ""},
		{Modern, false, strings.Repeat("ы", 64), ""},
		{Modern, false, strings.Repeat("ы", PasswordMax), ""},
	} {
		got := ""
		rules := NewRules(c.profile, c.second, nil)
		if b := rules.Broken(c.typed, "Соколова"); len(b) > 0 {
			got = b[0].ID
		}
		if got != c.broken {
			t.Errorf("%s, second step %v: %q breaks %q, want %q", c.profile, c.second, c.typed, got, c.broken)
		}
	}
}

// Proves: A-25
// ASVS: V6.2.8, V6.2.11
func TestAPasswordIsTheSameInBothFormsOfItsLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	long := "Ёлка-Йод 7 " + strings.Repeat("яш", 30)
	want(t, w.ChangePassword(t.Context(), client("192.0.2.1"), s.Session.Account, s.Session.ID, goodPassword, long), nil)
	_, err := w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: norm.NFD.String(long)})
	want(t, err, nil)
	_, err = w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: long[:len(long)-2]})
	want(t, err, ErrWrong) // the whole of it counts
	if _, words, err := w.rulesFor(t.Context(), s.Session.Account); err != nil || !slices.Contains(words, phone) {
		t.Errorf("a password is compared with %q, %v", words, err)
	}
}

// Proves: A-27
func TestAnOldPasswordIsRemindedOfAndNothingMore(t *testing.T) {
	t.Parallel()
	w := newSite(t)
	w.passwords = newPolicy(Passwords{RemindAfter: 180 * 24 * time.Hour})
	s := w.registered(phone)
	account := s.Session.Account
	reminders := func() int {
		w.drain()
		n, err := w.notices.Unread(t.Context(), account)
		want(t, err, nil)
		return n
	}
	signIn := func() *browser {
		b := w.browser(t)
		return b.get("/login").send("login", phone, "password", goodPassword).at(200, "/")
	}
	signIn()
	before := reminders()
	w.pass(180 * 24 * time.Hour)
	b := signIn()
	first := reminders() - before
	signIn()
	if again := reminders() - before - first; first < 1 || again > 1 { // a new device is told of, too
		t.Errorf("%d notices, then %d", first, again)
	}
	b.get("/form").at(200, "/form") // nothing is forced
	b.get("/settings/password").says("Напомним").press("Не напоминать").at(200, "/settings/password").says("не напоминаем")
	if on, offered, err := w.Reminds(t.Context(), account); on || !offered || err != nil {
		t.Errorf("reminders are %v, %v, %v", on, offered, err)
	}
	if acts := w.acts(account); !slices.Contains(acts, "account.audit_remind") {
		t.Errorf("audit log says %v", acts)
	}
	b.get("/settings/password").press("Напоминать").says("Напомним")
}

// Proves: A-27
// ASVS: V6.2.10, V6.2.12
func TestALeakedPasswordMustBeChanged(t *testing.T) {
	t.Parallel()
	w := newSite(t)
	s := w.registered(phone)
	w.passwords = newPolicy(Passwords{Leaked: leaked(t, ":5\n", goodPassword, "Весенний-День 9")})
	b := w.browser(t)
	b.get("/login").send("login", phone, "password", goodPassword).at(200, "/settings/password").says("попал в утечку")
	b.get("/form").at(200, "/settings/password")
	b.send("current", goodPassword, "password", "Весенний-День 9", "repeat", "Весенний-День 9").at(http.StatusUnprocessableEntity, "/settings/password").says("есть в утечках")
	b.send("current", goodPassword, "password", "Осенний-Дождь 8", "repeat", "Осенний-Дождь 8").at(200, "/settings/security")
	b.get("/form").at(200, "/form")
	if all := w.texts(phone); !slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, "попал в утечку") }) {
		t.Errorf("the holder was told %q", all)
	}
	want(t, w.ChangePassword(t.Context(), client("192.0.2.1"), s.Session.Account, s.Session.ID, "Осенний-Дождь 8", goodPassword), ErrPassword)
}

func TestARegulatedPasswordOfStaffGrowsOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.passwords = newPolicy(Passwords{Staff: Regulated, StaffAge: 90 * 24 * time.Hour})
	s, citizen := w.registered(phone), w.registered("+79000004321")
	account := s.Session.Account
	want(t, w.db.Tx(t.Context(), func(tx *txDB) error { return w.SetStaff(t.Context(), tx, account, true) }), nil)
	confined := func() bool {
		c := client("192.0.2.1")
		flow := w.toStep(c)
		st, _, err := w.SecondStep(t.Context(), c, flow, w.code(phone), false)
		want(t, err, nil)
		got, _, err := w.Current(t.Context(), st.Cookie)
		want(t, err, nil)
		return got.Confined
	}
	if confined() {
		t.Error("a young password must be changed")
	}
	w.pass(90 * 24 * time.Hour)
	if !confined() {
		t.Error("an old password need not be changed")
	}
	in, err := w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login("+79000004321"), Password: goodPassword})
	want(t, err, nil)
	if in.Session.Confined || in.Session.Account != citizen.Session.Account {
		t.Error("a citizen's password grew old")
	}
}

// Proves: A-28
func TestTipsStandBesideNewPasswords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	b.get("/settings/password").says("менеджеру паролей").says("Никому не сообщайте").says("больше нигде")
	b.get("/settings/security").says("менеджеру паролей").says("ключ доступа")
}
