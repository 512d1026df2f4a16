package account

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// temporary gives the account a temporary password for an hour.
func (w *world) temporary(account, password string) {
	w.t.Helper()
	hash, err := w.Hash(w.t.Context(), password)
	want(w.t, err, nil)
	want(w.t, w.db.Tx(w.t.Context(), func(tx *txDB) error {
		return w.SetTemporary(w.t.Context(), tx, account, hash, w.now().Add(time.Hour))
	}), nil)
}

// Proves: A-31
// ASVS: V6.4.1, V6.4.2
func TestATemporaryPasswordServesOnlyToChooseAnother(t *testing.T) {
	t.Parallel()
	w := newSite(t)
	s := w.registered(phone)
	const issued, own = "врем-8KQ2-71", "Осенний-Дождь 8"
	w.temporary(s.Session.Account, issued)
	if _, why, _ := w.Current(t.Context(), s.Cookie); why == "" {
		t.Error("the old session goes on")
	}
	if all := w.texts(phone); !strings.Contains(all[len(all)-1], "временный пароль") {
		t.Errorf("the holder was told %q", all[len(all)-1])
	}
	b := w.browser(t)
	b.get("/login").send("login", phone, "password", goodPassword).at(http.StatusUnprocessableEntity, "/login")
	b.send("login", phone, "password", issued).at(200, "/settings/password").says("который нужно сменить")
	b.get("/settings/security").at(200, "/settings/password")
	b.get("/form").at(200, "/settings/password")
	b.send("current", issued, "password", issued, "repeat", issued).at(http.StatusUnprocessableEntity, "/settings/password").says("текущий пароль")
	b.send("current", issued, "password", own, "repeat", own).at(200, "/settings/security").says("Пароль изменён")
	b.get("/form").at(200, "/form")
	logout(b)
	b.get("/login").send("login", phone, "password", own).at(200, "/")
	b.get("/form").at(200, "/form")
	if acts := w.acts(s.Session.Account); !slices.Contains(acts, "account.audit_temporary") {
		t.Errorf("audit log says %v", acts)
	}
}

// ASVS: V6.4.1
func TestATemporaryPasswordEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	const issued = "врем-8KQ2-71"
	w.temporary(s.Session.Account, issued)
	w.pass(time.Hour)
	_, err := w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: issued})
	want(t, err, ErrTemporaryOver)
	_, err = w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: "other"})
	want(t, err, ErrWrong)
}

// Proves: A-31
func TestTheSecondStepDoesNotLeadPastATemporaryPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	want(t, w.db.Tx(t.Context(), func(tx *txDB) error { return w.SetStaff(t.Context(), tx, account, true) }), nil)
	const issued = "врем-8KQ2-71"
	w.temporary(account, issued)
	c := client("192.0.2.1")
	in, err := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: issued})
	want(t, err, nil)
	started, _, err := w.SecondStep(t.Context(), c, in.Flow, w.code(phone), false)
	want(t, err, nil)
	if got, _, err := w.Current(t.Context(), started.Cookie); err != nil || !got.Confined {
		t.Errorf("the session is %+v, %v", got, err)
	}
}
