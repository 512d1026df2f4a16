package account

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kabinet/internal/notify"
)

const phone2 = "+79000007777"

// added adds a contact and types its code.
func (w *world) added(s Started, l Login) Contact {
	w.t.Helper()
	ctx, account := w.t.Context(), s.Session.Account
	want(w.t, w.AddContacts(ctx, client("192.0.2.1"), account, s.Session.ID, l), nil)
	c := w.contactOf(account, l)
	code := digits6.FindString(w.letter(l.Value))
	if l.Kind == Phone {
		code = w.code(l.Value)
	}
	want(w.t, w.ConfirmContact(ctx, account, s.Session.ID, c.ID, code), nil)
	w.drain()
	return w.contactOf(account, l)
}

// contactOf returns the zero Contact when the account does not have it.
func (w *world) contactOf(account string, l Login) Contact {
	w.t.Helper()
	all, err := w.ContactsOf(w.t.Context(), account)
	want(w.t, err, nil)
	for _, c := range all {
		if c.Kind == l.Kind && c.Value == l.Value {
			return c
		}
	}
	return Contact{}
}

// lastText returns the last SMS to a phone.
func (w *world) lastText(phone string) string {
	w.t.Helper()
	all := w.texts(phone)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// Proves: B-07, B-17, B-18
func TestContactsAreConfirmedByACodeToTheNewOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account, c := s.Session.Account, client("192.0.2.1")
	want(t, w.AddContacts(t.Context(), c, account, s.Session.ID, Login{Phone, phone2}, Login{Email, address}), nil)
	second, mail := w.contactOf(account, Login{Phone, phone2}), w.contactOf(account, Login{Email, address})
	if second.Confirmed || mail.Confirmed {
		t.Fatal("contacts are confirmed without a code")
	}
	if _, err := w.Find(t.Context(), Login{Email, address}); !errors.Is(err, ErrNone) {
		t.Error("an address serves before it is confirmed")
	}
	right := w.code(phone2)
	if err := w.ConfirmContact(t.Context(), account, s.Session.ID, second.ID, other(right)); !errors.Is(err, ErrCode) {
		t.Fatal(err)
	}
	want(t, w.ConfirmContact(t.Context(), account, s.Session.ID, second.ID, right), nil)
	want(t, w.ConfirmContact(t.Context(), account, s.Session.ID, second.ID, right), ErrCodeOver)
	want(t, w.ConfirmContact(t.Context(), account, s.Session.ID, mail.ID, digits6.FindString(w.letter(address))), nil)
	if second = w.contactOf(account, Login{Phone, phone2}); !second.Confirmed || second.Main {
		t.Errorf("the second phone is %+v", second)
	}
	if mail = w.contactOf(account, Login{Email, address}); !mail.Main {
		t.Errorf("the first address is %+v", mail)
	}
	if got := w.lastText(phone); !strings.Contains(got, "добавлен контакт") || pathIn(got) == "" {
		t.Errorf("the old phone is told %q", got)
	}
	if got := w.lastText(phone2); !strings.Contains(got, "добавлен контакт") {
		t.Errorf("the phone added before the address is told %q", got)
	}
	_, err := w.SignIn(t.Context(), c, SignIn{Login: Login{Phone, phone2}, Password: goodPassword})
	want(t, err, nil)
	acts := w.acts(account)
	if n := len(slices.DeleteFunc(acts, func(a string) bool { return a != "account.audit_contact_new" })); n != 2 {
		t.Errorf("%d lines of the log tell of new contacts", n)
	}
}

// Proves: A-23
// ASVS: V6.3.8
func TestAContactOfAnotherAccountTellsOnlyItsHolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.registered(phone2)
	s := w.registered(phone)
	account := s.Session.Account
	want(t, w.AddContacts(t.Context(), client("192.0.2.1"), account, s.Session.ID, Login{Phone, phone2}), nil)
	text := w.lastText(phone2)
	if digits6.MatchString(text) || !strings.Contains(text, "другой учётной записи") {
		t.Errorf("the holder is told %q", text)
	}
	c := w.contactOf(account, Login{Phone, phone2})
	for range CodeTries - 1 {
		if err := w.ConfirmContact(t.Context(), account, s.Session.ID, c.ID, "123456"); !errors.Is(err, ErrCode) {
			t.Fatal(err)
		}
	}
}

// Proves, B-17
func TestMainAndReservePhones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	first := w.contactOf(account, login(phone))
	c := w.added(s, Login{Phone, phone2})
	want(t, w.Reserve(t.Context(), account, s.Session.ID, first.ID, true), ErrReserve)
	want(t, w.Reserve(t.Context(), account, s.Session.ID, c.ID, true), nil)
	if c = w.contactOf(account, Login{Phone, phone2}); !c.Reserve {
		t.Errorf("the reserve is %+v", c)
	}
	got, err := w.Contacts(t.Context(), account)
	want(t, err, nil)
	if got != (notify.Contact{Phone: phone, Lang: "ru"}) {
		t.Errorf("notices go to %+v", got)
	}
	// The reserve gets its holder back in.
	b := client("192.0.2.7")
	flow, err := w.StartRecovery(t.Context(), b, login(phone2), "ru")
	want(t, err, nil)
	want(t, w.Prove(t.Context(), b, flow, w.code(phone2)), nil)

	want(t, w.MakeMain(t.Context(), account, s.Session.ID, c.ID), nil)
	got, err = w.Contacts(t.Context(), account)
	want(t, err, nil)
	if got.Phone != phone2 {
		t.Errorf("after the change notices go to %+v", got)
	}
	if first = w.contactOf(account, login(phone)); first.Main || first.Reserve {
		t.Errorf("the old main phone is %+v", first)
	}
	if !strings.Contains(w.lastText(phone), "сменился основной контакт") {
		t.Error("the old main phone was told nothing")
	}
	stranger := w.registered("+79000005678").Session
	want(t, w.MakeMain(t.Context(), stranger.Account, stranger.ID, c.ID), ErrContact)
	want(t, w.Reserve(t.Context(), stranger.Account, stranger.ID, c.ID, true), ErrContact)
	want(t, w.RemoveContact(t.Context(), stranger.Account, stranger.ID, c.ID), ErrContact)
}

func TestTheLastContactOfItsKindStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	first := w.contactOf(account, login(phone))
	want(t, w.RemoveContact(t.Context(), account, s.Session.ID, first.ID), ErrLastContact)
	c := w.added(s, Login{Phone, phone2})
	want(t, w.RemoveContact(t.Context(), account, s.Session.ID, first.ID), nil)
	if c = w.contactOf(account, Login{Phone, phone2}); !c.Main {
		t.Errorf("the phone that stays is %+v", c)
	}
	if _, err := w.Find(t.Context(), login(phone)); !errors.Is(err, ErrNone) {
		t.Error("the removed phone still finds the account")
	}
	if !strings.Contains(w.lastText(phone), "удалён контакт") {
		t.Error("the removed phone was told nothing")
	}
	want(t, w.RemoveContact(t.Context(), account, s.Session.ID, c.ID), ErrLastContact)
}

func TestTwoRemovalsAtOnceLeaveOnePhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	ids := []string{w.contactOf(account, login(phone)).ID, w.added(s, Login{Phone, phone2}).ID}
	errs := make(chan error)
	for _, id := range ids {
		go func() { errs <- w.RemoveContact(t.Context(), account, s.Session.ID, id) }()
	}
	a, b := <-errs, <-errs
	if (a == nil) == (b == nil) {
		t.Errorf("both or none were removed: %v, %v", a, b)
	}
}

func TestFiveContactsOfAKindAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	for i := range contactsMax {
		err := w.AddContacts(t.Context(), client("192.0.2.1"), s.Session.Account, s.Session.ID, Login{Phone, "+7900000777" + string(rune('0'+i))})
		if i < contactsMax-1 {
			want(t, err, nil)
		} else {
			want(t, err, ErrContacts)
		}
	}
}

// Proves: A-92
func TestAWarningUndoesTheChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	c := w.added(s, Login{Phone, phone2})
	undo := func(text string) (Undoable, error) {
		parts := strings.Split(pathIn(text), "/")
		if _, err := w.CheckUndo(t.Context(), parts[2], parts[3], "0000000000000000000000000a"); !errors.Is(err, ErrLink) {
			t.Errorf("another secret is taken: %v", err)
		}
		return w.UndoWarned(t.Context(), parts[2], parts[3], parts[4])
	}
	added := w.lastText(phone)
	want(t, w.MakeMain(t.Context(), account, s.Session.ID, c.ID), nil)
	main := w.lastText(phone)
	want(t, w.RemoveContact(t.Context(), account, s.Session.ID, w.contactOf(account, login(phone)).ID), nil)
	gone := w.lastText(phone) // the intruder removed the holder's phone

	_, err := undo(gone)
	want(t, err, nil)
	if back := w.contactOf(account, login(phone)); !back.Confirmed {
		t.Errorf("the phone that was removed is %+v", back)
	}
	if owner, err := w.Find(t.Context(), login(phone)); err != nil || owner != account {
		t.Errorf("the phone finds %s, %v", owner, err)
	}
	_, err = undo(gone)
	want(t, err, ErrLink)
	_, err = undo(main)
	want(t, err, nil)
	if back := w.contactOf(account, login(phone)); !back.Main {
		t.Errorf("the main phone from before is %+v", back)
	}
	_, err = undo(added)
	want(t, err, nil)
	if stays := w.contactOf(account, Login{Phone, phone2}); stays.ID != "" {
		t.Errorf("the intruder's phone is still there: %+v", stays)
	}
	if _, why, _ := w.Current(t.Context(), s.Cookie); why == "" {
		t.Error("the intruder's session goes on")
	}
	_, err = w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrWrong)
	if !slices.Contains(w.acts(account), "account.audit_undone") {
		t.Error("the log does not tell")
	}
	w.pass(undoLife)
	if _, err := w.CheckUndo(t.Context(), account, "00000000000000000000000000", "0000000000000000000000000a"); !errors.Is(err, ErrLink) {
		t.Error(err)
	}
}

// Proves: B-19
func TestThePersonIsAskedTwiceAYearWhetherContactsAreRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	asks := func() bool {
		a, err := w.Account(t.Context(), account)
		want(t, err, nil)
		return a.AskContacts(w.now())
	}
	w.pass(askEvery - time.Second)
	if asks() {
		t.Error("asked too early")
	}
	w.pass(time.Second)
	if !asks() {
		t.Error("not asked after half a year")
	}
	want(t, w.ContactsAreRight(t.Context(), account, s.Session.ID, true), nil)
	if asks() {
		t.Error("asked although it was put off")
	}
	w.pass(askLater)
	if !asks() {
		t.Error("put off for ever")
	}
	want(t, w.ContactsAreRight(t.Context(), account, s.Session.ID, false), nil)
	r, err := w.ContactBook(t.Context(), account)
	want(t, err, nil)
	if asks() || !r.Checked.Equal(w.now()) {
		t.Errorf("asked again, or checked at %s", r.Checked)
	}
}

// Proves: B-17, B-18, B-08
func TestContactsOnThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	b.get("/settings/contacts").says("Контактные данные").says("Основной").says("Подтвердите и телефон, и e-mail")
	b.send("phone", "", "email", "").at(422, "/settings/contacts").says("Укажите телефон, e-mail")
	b.send("phone", "8 900 000 77 77", "email", "marina").at(422, "/settings/contacts").says("Проверьте адрес")
	b.send("phone", "8 900 000 77 77", "email", "Marina@Example.test").at(200, "/settings/contacts/codes").says("Код из SMS на +7 900 000-77-77").says("Код из письма на marina@example.test")
	codes := b.all(`main input[name^="code_"]`)
	if len(codes) != 2 {
		t.Fatalf("%d codes are asked for", len(codes))
	}
	name := map[bool]string{}
	for _, in := range codes {
		name[strings.Contains(labelOf(b, attr(in, "id")), "SMS")] = attr(in, "name")
	}
	sms, mail := s.code(phone2), digits6.FindString(s.letter(address))
	b.send(name[true], sms, name[false], other(mail)).at(422, "/settings/contacts/codes").says("Осталось 4 попытки")
	b.send(name[false], mail).at(200, "/settings/contacts").says("Контакты подтверждены")
	b.press("Сделать резервным").at(200, "/settings/contacts").says("Телефон стал резервным")
	b.press("Сделать основным").at(200, "/settings/contacts").says("Основной контакт изменён")
	b.send("other", "Сестра Вера, +7 900 000-22-22").at(200, "/settings/contacts").says("Сохранено")
	if got := b.all("textarea[name=other]"); len(got) != 1 || !strings.Contains(text(got[0]), "Вера") {
		t.Error("the other contact is lost")
	}
	b.press("Всё верно").at(200, "/settings/contacts").says("Напомним через полгода")
	s.pass(askEvery)
	b.get("/login").send("login", address, "password", goodPassword)
	b.get("/settings/contacts").says("Всё ли верно?").send("later", "1").says("через две недели")

	b.press("Сделать основным").at(200, "/settings/contacts")
	link := pathIn(s.lastText(phone2))
	victim := s.browser(t)
	victim.get(link).at(200, "/undo/.*").says("Это сделали не вы?")
	victim.press("Это не я").at(200, "/undo/.*").says("Восстановите доступ")
	victim.get(link).at(404, "/undo/.*")
	b.get("/settings/contacts").at(200, "/login")
}

func labelOf(b *browser, id string) string {
	for _, l := range b.all(`label[for="` + id + `"]`) {
		return text(l)
	}
	return ""
}
