package account

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kabinet/internal/audit"
)

// key is a passkey as a device keeps it: one pair of ES256.
type key struct {
	t       *testing.T
	pair    *ecdsa.PrivateKey
	id      []byte
	owner   []byte // user handle
	uses    uint32
	origin  string
	flags   byte // what the device says: present 1, verified 4
	changed func(client map[string]any)
}

func newKey(t *testing.T) *key {
	t.Helper()
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := &key{t: t, pair: pair, id: make([]byte, 16), origin: "https://kabinet.test", flags: 1 | 4}
	rand.Read(k.id)
	return k
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// client is what the browser signs: kind, challenge, origin.
func (k *key) client(kind, challenge string) []byte {
	c := map[string]any{"type": kind, "challenge": challenge, "origin": k.origin, "crossOrigin": false}
	if k.changed != nil {
		k.changed(c)
	}
	raw, err := json.Marshal(c)
	if err != nil {
		k.t.Fatal(err)
	}
	return raw
}

// data is what the device says of itself.
func (k *key) data(attested []byte) []byte {
	rp := sha256.Sum256([]byte("kabinet.test"))
	flags := k.flags
	if attested != nil {
		flags |= 0x40
	}
	b := append(rp[:], flags)
	b = binary.BigEndian.AppendUint32(b, k.uses)
	return append(b, attested...)
}

// make answers the question of a new passkey.
func (k *key) make(ask PasskeyAsk) string {
	k.t.Helper()
	var o struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
		Selection map[string]any `json:"authenticatorSelection"`
	}
	if err := json.Unmarshal([]byte(ask.Options), &o); err != nil {
		k.t.Fatal(err)
	}
	if o.Selection["residentKey"] != "required" || o.Selection["userVerification"] != "required" {
		k.t.Errorf("a key is asked for by %v", o.Selection)
	}
	k.owner, _ = base64.RawURLEncoding.DecodeString(o.User.ID)
	raw, err := k.pair.PublicKey.Bytes() // 4, x, y
	if err != nil {
		k.t.Fatal(err)
	}
	cose := slices.Concat([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, raw[1:33], []byte{0x22, 0x58, 32}, raw[33:])
	attested := slices.Concat(make([]byte, 16), []byte{0, byte(len(k.id))}, k.id, cose)
	data := k.data(attested)
	object := slices.Concat([]byte{0xa3, 0x63}, []byte("fmt"), []byte{0x64}, []byte("none"), []byte{0x67}, []byte("attStmt"), []byte{0xa0, 0x68}, []byte("authData"),
		[]byte{0x58, byte(len(data))}, data)
	return k.answer(map[string]any{"clientDataJSON": b64(k.client("webauthn.create", o.Challenge)), "attestationObject": b64(object), "transports": []string{"internal"}})
}

// use answers the question for a passkey.
func (k *key) use(ask PasskeyAsk) string {
	k.t.Helper()
	var o struct {
		Challenge        string `json:"challenge"`
		UserVerification string `json:"userVerification"`
	}
	if err := json.Unmarshal([]byte(ask.Options), &o); err != nil {
		k.t.Fatal(err)
	}
	if o.UserVerification != "required" {
		k.t.Errorf("the holder is verified as %q", o.UserVerification)
	}
	k.uses++
	data, client := k.data(nil), k.client("webauthn.get", o.Challenge)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(slices.Concat(data, hash[:]))
	signature, err := ecdsa.SignASN1(rand.Reader, k.pair, sum[:])
	if err != nil {
		k.t.Fatal(err)
	}
	return k.answer(map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(k.owner)})
}

func (k *key) answer(response map[string]any) string {
	raw, err := json.Marshal(map[string]any{"id": b64(k.id), "rawId": b64(k.id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response})
	if err != nil {
		k.t.Fatal(err)
	}
	return string(raw)
}

// addKey gives the account a passkey.
func (w *world) addKey(s Started) *key {
	w.t.Helper()
	k := newKey(w.t)
	ask, err := w.AskNewPasskey(w.t.Context(), s.Session.Account)
	want(w.t, err, nil)
	want(w.t, w.AddPasskey(w.t.Context(), s.Session.Account, s.Session.ID, ask.Token, k.make(ask), "Мой телефон"), nil)
	return k
}

// byKey signs in with a passkey alone.
func (w *world) byKey(c Client, k *key) (Entered, error) {
	w.t.Helper()
	ask, err := w.askPasskey(w.t.Context(), passkeySignIn, "")
	want(w.t, err, nil)
	return w.PasskeySignIn(w.t.Context(), c, ask.Token, k.use(ask), SignIn{})
}

// Proves
// ASVS: V6.3.3, V6.5.7
func TestAPasskeyAloneLetsInAndStandsForBothSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	w.confirm(account)
	k := w.addKey(s)
	if all := w.texts(phone); !strings.Contains(all[len(all)-1], "Ключ доступа") {
		t.Errorf("the holder was told %q", all[len(all)-1])
	}
	in, err := w.byKey(client("192.0.2.7"), k)
	want(t, err, nil)
	if in.Flow != "" || in.Session.Account != account {
		t.Errorf("the key leads to %+v", in)
	}
	keys, err := w.Passkeys(t.Context(), account)
	want(t, err, nil)
	if len(keys) != 1 || keys[0].Name != "Мой телефон" || keys[0].Used.IsZero() {
		t.Errorf("the list is %+v", keys)
	}
	lines, err := w.SignIns(t.Context(), account, "", 1)
	want(t, err, nil)
	if lines[0].Method != "account.method_passkey" {
		t.Errorf("the history says %q", lines[0].Method)
	}
	if acts := w.acts(account); !slices.Contains(acts, "account.audit_factor_added") {
		t.Errorf("audit log says %v", acts)
	}
	want(t, audit.Verify(t.Context(), w.db, account), nil)
}

// ASVS: V6.3.1, V6.1.1
func TestARightPasskeyIsNotLockedOutByWrongPasswords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	k := w.addKey(s)
	c := client("192.0.2.7")
	for range failuresToLock {
		_, _ = w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: "wrong"})
	}
	_, err := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrLocked)
	_, err = w.byKey(c, k)
	want(t, err, nil)
}

// ASVS: V6.5.1, V6.8.2
func TestAnswersOfPasskeysThatDoNotFit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, o := w.registered(phone), w.registered("+79000004321")
	k, foreign := w.addKey(s), w.addKey(o)
	c := client("192.0.2.7")
	ask := func(what, account string) PasskeyAsk {
		a, err := w.askPasskey(t.Context(), what, account)
		want(t, err, nil)
		return a
	}
	signIn := func(a PasskeyAsk, answer string) error {
		_, err := w.PasskeySignIn(t.Context(), c, a.Token, answer, SignIn{})
		return err
	}
	a := ask(passkeySignIn, "")
	answer := k.use(a)
	want(t, signIn(a, answer), nil)
	want(t, signIn(a, answer), ErrPasskey) // once

	a = ask(passkeySignIn, "")
	want(t, signIn(ask(passkeySignIn, ""), k.use(a)), ErrPasskey) // of another question
	want(t, signIn(PasskeyAsk{Token: "forged"}, k.use(a)), ErrPasskey)
	want(t, signIn(a, "{}"), ErrPasskey)
	want(t, signIn(ask(passkeyConfirm, s.Session.Account), k.use(a)), ErrPasskey) // asked for something else

	a = ask(passkeySignIn, "")
	k.origin = "https://kabinet.evil.test"
	want(t, signIn(a, k.use(a)), ErrPasskey)
	k.origin = "https://kabinet.test"
	a = ask(passkeySignIn, "")
	k.flags = 1 // touched, by whomever
	want(t, signIn(a, k.use(a)), ErrPasskey)
	k.flags = 1 | 4
	a = ask(passkeySignIn, "")
	k.owner, foreign.owner = foreign.owner, k.owner
	want(t, signIn(a, k.use(a)), ErrPasskey)
	k.owner, foreign.owner = foreign.owner, k.owner
	a = ask(passkeySignIn, "")
	w.pass(passkeyLoginLife)
	want(t, signIn(a, k.use(a)), ErrPasskey)
	a = ask(passkeySignIn, "")
	want(t, signIn(a, k.use(a)), nil)
}

func TestACopiedPasskeyIsRefusedAndTheHolderTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	k := w.addKey(s)
	k.uses = 10
	_, err := w.byKey(client("192.0.2.7"), k)
	want(t, err, nil)
	k.uses = 3 // the copy
	_, err = w.byKey(client("203.0.113.5"), k)
	want(t, err, ErrPasskeyCopied)
	if all := w.texts(phone); !slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, "скопировали") }) {
		t.Errorf("the holder was told %q", all)
	}
	if acts := w.acts(s.Session.Account); !slices.Contains(acts, "account.audit_passkey_copied") {
		t.Errorf("audit log says %v", acts)
	}
}

// ASVS: V6.5.1
func TestAnAnswerOfAPasskeyServesOnceForTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.addKey(w.registered(phone))
	ask, err := w.askPasskey(t.Context(), passkeySignIn, "")
	want(t, err, nil)
	answer := k.use(ask)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = w.PasskeySignIn(context.Background(), client("192.0.2.7"), ask.Token, answer, SignIn{})
		})
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("errors are %v", errs)
	}
}

// Proves: A-79
func TestAPasskeyAsTheSecondStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, o := w.registered(phone), w.registered("+79000004321")
	w.confirm(s.Session.Account)
	k, foreign := w.addKey(s), w.addKey(o)
	c := client("192.0.2.7")
	flow := w.toStep(c)
	p, err := w.SecondWays(t.Context(), c, flow)
	want(t, err, nil)
	if p.Way != FactorPasskey || !slices.Equal(p.Others, []Factor{FactorSMS}) {
		t.Errorf("the second step begins with %s, then %v", p.Way, p.Others)
	}
	ask, err := w.askPasskey(t.Context(), passkeyStep, s.Session.Account)
	want(t, err, nil)
	foreign.owner = k.owner
	_, _, err = w.PasskeyStep(t.Context(), c, flow, ask.Token, foreign.use(ask), false)
	want(t, err, ErrPasskey)
	_, _, err = w.PasskeyStep(t.Context(), client("192.0.2.7"), flow, ask.Token, k.use(ask), false)
	want(t, err, ErrFlow) // another browser
	ask, err = w.askPasskey(t.Context(), passkeyStep, s.Session.Account)
	want(t, err, nil)
	st, _, err := w.PasskeyStep(t.Context(), c, flow, ask.Token, k.use(ask), true)
	want(t, err, nil)
	if st.Session.Account != s.Session.Account {
		t.Errorf("signed in %+v", st)
	}
}

func TestPasskeysInTheSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	b.get("/settings/second/passkey").at(200, "/settings/second/passkey").says("нужны современный браузер")
	form := b.all("form[data-passkey=create]")[0]
	k := newKey(t)
	ask := PasskeyAsk{Options: attr(form, "data-options")}
	b.submit(form, "answer", "{}", "name", "Мой телефон").at(http.StatusUnprocessableEntity, "/settings/second/passkey").says("не подошёл")
	form = b.all("form[data-passkey=create]")[0]
	ask.Options = attr(form, "data-options")
	b.submit(form, "answer", k.make(ask), "name", "Мой телефон").at(200, "/settings/second").says("Мой телефон").says("завершите остальные сеансы")
	page := attr(b.all(`a[href^="/settings/second/passkeys/"]`)[0], "href")
	b.get(page).send("name", "").at(http.StatusUnprocessableEntity, page)
	b.send("name", "Старый телефон").at(200, "/settings/second").says("Старый телефон")

	in := s.browser(t)
	in.get("/login")
	if got := attr(in.all("input[name=login]")[0], "autocomplete"); got != "username webauthn" {
		t.Errorf("the field of the login is filled in by %q", got)
	}
	form = in.all("form[data-passkey=get]")[0]
	if _, ok := find(form, "hidden"); !ok {
		t.Error("without script a button is shown that does nothing")
	}
	in.submit(form, "answer", "{}").at(http.StatusUnprocessableEntity, "/login/passkey").says("Ключ доступа не подошёл")
	form = in.all("form[data-passkey=get]")[0]
	ask.Options = attr(form, "data-options")
	in.submit(form, "answer", k.use(ask), "next", "/settings/second").at(200, "/settings/second").says("последний вход")

	b.get(page).press("Удалить ключ").at(200, "/settings/second").says("Способ отключён")
	b.get(page).at(http.StatusNotFound, page)
	stranger := s.browser(t).register("+79000004321")
	stranger.get(page).at(http.StatusNotFound, page)
}

func TestTheLastPasskeyOfThoseWhoNeedAFactorStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	w.confirm(account)
	w.addKey(s)
	w.addKey(s)
	want(t, w.RemoveFactor(t.Context(), account, s.Session.ID, FactorSMS), nil)
	keys, err := w.Passkeys(t.Context(), account)
	want(t, err, nil)
	want(t, w.RemovePasskey(t.Context(), account, s.Session.ID, keys[0].ID), nil)
	want(t, w.RemovePasskey(t.Context(), account, s.Session.ID, keys[1].ID), ErrSecondNeeded)
	want(t, w.RemovePasskey(t.Context(), account, s.Session.ID, keys[0].ID), ErrSecondNeeded)
}

func TestPasskeysWorkOnlyWhereBrowsersGiveThem(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://kabinet.example.test": "kabinet.example.test https://kabinet.example.test", "https://kabinet.example.test:8443": "kabinet.example.test https://kabinet.example.test:8443",
		"http://localhost:8080": "localhost http://localhost:8080", "http://127.0.0.1:8080": "localhost http://localhost:8080", "http://127.0.0.1": "localhost http://localhost", "http://kabinet.example.test": "", "http://10.1.2.3": "", "https://10.1.2.3": "", "": "",
	} {
		got := ""
		if w := newWebAuthn(address); w != nil {
			got = w.Config.RPID + " " + w.Config.RPOrigins[0]
		}
		if got != want {
			t.Errorf("keys of %q belong to %q, want %q", address, got, want)
		}
	}
}

// A thief who was in the account and left a passkey behind is out, too.
func TestUndoingAChangeTakesAwayTheFactorsOfThatTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	own := w.addKey(s)
	w.pass(30 * 24 * time.Hour)
	st, err := w.byKey(client("192.0.2.1"), own)
	want(t, err, nil)
	thief := w.addKey(st.Started)
	c := w.added(st.Started, Login{Phone, "+79000007777"})
	if c.ID == "" {
		t.Fatal("no contact was added")
	}
	parts := strings.Split(pathIn(w.lastText(phone)), "/")
	_, err = w.UndoWarned(t.Context(), parts[2], parts[3], parts[4])
	want(t, err, nil)
	_, err = w.byKey(client("203.0.113.5"), thief)
	want(t, err, ErrPasskey)
	_, err = w.byKey(client("192.0.2.1"), own)
	want(t, err, nil)
	if set, err := w.Factors(t.Context(), account); err != nil || set.Passkeys != 1 {
		t.Errorf("the factors are %+v, %v", set, err)
	}
}
