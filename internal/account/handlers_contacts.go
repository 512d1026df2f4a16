package account

import (
	"errors"
	"net/http"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

const contactsPath = "/settings/contacts"

func (s *Service) contactRoutes(rt *web.Router) {
	rt.Handle("GET /settings/contacts", s.contactsPage, web.SignedIn)
	rt.Handle("POST /settings/contacts", s.addContacts, web.SignedIn, s.RequireFresh)
	rt.Handle("GET /settings/contacts/codes", s.contactCodes, web.SignedIn)
	rt.Handle("POST /settings/contacts/codes", s.confirmContacts, web.SignedIn)
	rt.Handle("POST /settings/contacts/codes/again", s.contactCodeAgain, web.SignedIn)
	rt.Handle("POST /settings/contacts/other", s.otherContact, web.SignedIn, s.RequireFresh)
	rt.Handle("POST /settings/contacts/right", s.contactsRight, web.SignedIn)
	// Where the browser comes after the password was asked for again.
	rt.Handle("GET /settings/contacts/change/{id}/{act}", s.toContacts, web.SignedIn)
	rt.Handle("POST /settings/contacts/change/{id}/{act}", s.changeContact, web.SignedIn, s.RequireFresh)
	rt.Handle("GET /settings/email", s.toContacts, web.SignedIn)
	rt.Handle("GET /undo/{account}/{warning}/{secret}", s.undoForm)
	rt.Handle("POST /undo/{account}/{warning}/{secret}", s.undoWarned)
}

func (s *Service) toContacts(w http.ResponseWriter, r *http.Request) error {
	return web.SeeOther(w, r, contactsPath)
}

func (s *Service) contactsPage(w http.ResponseWriter, r *http.Request) error {
	f := newContactsForm()
	for _, done := range []string{"confirmed", "main", "reserve", "plain", "removed", "other", "right", "later"} {
		if r.URL.Query().Get("done") == done {
			f.Notice = notice{ui.Success, i18n.K("account.contacts_done_" + done)}
		}
	}
	return s.writeContacts(w, r, http.StatusOK, f)
}

func (s *Service) writeContacts(w http.ResponseWriter, r *http.Request, status int, f contactsForm) (err error) {
	ctx, account := r.Context(), web.Account(r)
	if f.Account, err = s.Account(ctx, account); err != nil {
		return err
	}
	if f.Book, err = s.ContactBook(ctx, account); err != nil {
		return err
	}
	if f.Other.Value == "" && f.Other.Error.IsZero() {
		f.Other.Value = f.Book.Other
	}
	f.Ask = f.Account.AskContacts(s.now()) && f.Account.Phone && f.Account.Email
	return web.Write(w, r, status, contactsListPage(f))
}

// failContacts draws the page again with why nothing was done.
func (s *Service) failContacts(w http.ResponseWriter, r *http.Request, f contactsForm, err error) error {
	text, status, ok := told(err)
	if !ok {
		return err
	}
	f.Notice = danger(text)
	return s.writeContacts(w, r, status, f)
}

func (s *Service) addContacts(w http.ResponseWriter, r *http.Request) error {
	f := newContactsForm()
	if ok := web.Read(r, &f.Phone, &f.Email); !ok || f.Phone.Value == "" && f.Email.Value == "" {
		if ok {
			f.Phone.Error = i18n.K("account.contacts_one")
		}
		return s.writeContacts(w, r, http.StatusUnprocessableEntity, f)
	}
	var logins []Login
	if phone, ok := ParsePhone(f.Phone.Value); ok {
		logins = append(logins, Login{Phone, phone})
	}
	if address, ok := ParseEmail(f.Email.Value); ok {
		logins = append(logins, Login{Email, address})
	}
	v := web.VisitOf(r.Context())
	if err := s.AddContacts(r.Context(), s.clientOf(w, r), v.Account, v.Session, logins...); err != nil {
		return s.failContacts(w, r, f, err)
	}
	return web.SeeOther(w, r, contactsPath+"/codes")
}

// contactCodes asks for the codes of all contacts that wait for one.
func (s *Service) contactCodes(w http.ResponseWriter, r *http.Request) error {
	f, err := s.codesForm(r)
	if err != nil {
		return err
	}
	if len(f.Codes) == 0 {
		return web.SeeOther(w, r, contactsPath)
	}
	if r.URL.Query().Has("sent") {
		f.Notice = notice{ui.Success, i18n.K("account.code_resent")}
	}
	return web.Write(w, r, http.StatusOK, contactCodesPage(f))
}

func (s *Service) codesForm(r *http.Request) (contactCodesForm, error) {
	book, err := s.ContactBook(r.Context(), web.Account(r))
	return newContactCodesForm(book, s.now()), err
}

func (s *Service) confirmContacts(w http.ResponseWriter, r *http.Request) error {
	f, err := s.codesForm(r)
	if err != nil {
		return err
	}
	v := web.VisitOf(r.Context())
	fine, typed := web.Read(r, f.fields()...), false
	for i := range f.Codes {
		c := &f.Codes[i]
		if c.Code.Value == "" || !c.Code.Error.IsZero() {
			continue
		}
		typed = true
		if err := s.ConfirmContact(r.Context(), v.Account, v.Session, c.Contact.ID, c.Code.Value); err != nil {
			text, _, ok := told(err)
			if !ok {
				return err
			}
			c.Code.Error, fine = text, false
		}
	}
	if fine && !typed && len(f.Codes) > 0 {
		f.Codes[0].Code.Error, fine = i18n.K("account.code_missing"), false
	}
	if !fine {
		f.dropConfirmed()
		return web.Write(w, r, http.StatusUnprocessableEntity, contactCodesPage(f))
	}
	return web.SeeOther(w, r, contactsPath+"?done=confirmed")
}

func (s *Service) contactCodeAgain(w http.ResponseWriter, r *http.Request) error {
	err := s.ResendContact(r.Context(), s.clientOf(w, r), web.Account(r), r.PostFormValue("contact"))
	if err == nil {
		return web.SeeOther(w, r, contactsPath+"/codes?sent=1")
	}
	text, status, ok := told(err)
	if !ok {
		return err
	}
	f, err := s.codesForm(r)
	if err != nil {
		return err
	}
	f.Notice = danger(text)
	return web.Write(w, r, status, contactCodesPage(f))
}

func (s *Service) changeContact(w http.ResponseWriter, r *http.Request) error {
	v, id, act := web.VisitOf(r.Context()), r.PathValue("id"), r.PathValue("act")
	var err error
	switch act {
	case "main":
		err = s.MakeMain(r.Context(), v.Account, v.Session, id)
	case "reserve", "plain":
		err = s.Reserve(r.Context(), v.Account, v.Session, id, act == "reserve")
	case "removed":
		err = s.RemoveContact(r.Context(), v.Account, v.Session, id)
	default:
		return web.ErrNotFound
	}
	if errors.Is(err, ErrContact) {
		return ErrContact
	}
	if err != nil {
		return s.failContacts(w, r, newContactsForm(), err)
	}
	return web.SeeOther(w, r, contactsPath+"?done="+act)
}

func (s *Service) otherContact(w http.ResponseWriter, r *http.Request) error {
	f := newContactsForm()
	if !web.Read(r, &f.Other) {
		return s.writeContacts(w, r, http.StatusUnprocessableEntity, f)
	}
	v := web.VisitOf(r.Context())
	if err := s.SetOther(r.Context(), v.Account, v.Session, f.Other.Value); err != nil {
		return err
	}
	return web.SeeOther(w, r, contactsPath+"?done=other")
}

func (s *Service) contactsRight(w http.ResponseWriter, r *http.Request) error {
	v, done := web.VisitOf(r.Context()), "right"
	if r.PostFormValue("later") != "" {
		done = "later"
	}
	if err := s.ContactsAreRight(r.Context(), v.Account, v.Session, done == "later"); err != nil {
		return err
	}
	return web.SeeOther(w, r, contactsPath+"?done="+done)
}

// undoForm asks to press a button, since mail programs open links by themselves.
func (s *Service) undoForm(w http.ResponseWriter, r *http.Request) error {
	u, err := s.CheckUndo(r.Context(), r.PathValue("account"), r.PathValue("warning"), r.PathValue("secret"))
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, undoPage(u, r.URL.Path))
}

func (s *Service) undoWarned(w http.ResponseWriter, r *http.Request) error {
	u, err := s.UndoWarned(r.Context(), r.PathValue("account"), r.PathValue("warning"), r.PathValue("secret"))
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, undonePage(u, s.undo[u.Kind] == nil))
}
