package person

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"kabinet/internal/account"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

// Routes adds the pages of this feature.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET /profile", s.profile, web.SignedIn)
	rt.Handle("GET /profile/history", s.history, web.SignedIn)
	rt.Handle("GET /profile/{part}", s.editForm, web.SignedIn)
	rt.Handle("POST /profile/{part}", s.edit, web.SignedIn)
}

func (s *Service) profile(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), web.Account(r)
	a, err := s.accounts.Account(ctx, id)
	if err != nil {
		return err
	}
	p, err := s.Person(ctx, id)
	if err != nil {
		return err
	}
	contacts, err := s.accounts.ContactsOf(ctx, id)
	if err != nil {
		return err
	}
	page := profile{Account: a, Person: p, Saved: r.URL.Query().Has("saved")}
	for _, c := range contacts {
		switch {
		case c.Kind == account.Phone && c.Main:
			page.Phone = c.Value
		case c.Kind == account.Email && (c.Main || page.Email == ""):
			page.Email, page.EmailConfirmed = c.Value, c.Confirmed
		}
	}
	return web.Write(w, r, http.StatusOK, profilePage(page))
}

func (s *Service) history(w http.ResponseWriter, r *http.Request) error {
	const page = 25
	list, err := s.History(r.Context(), web.Account(r), r.URL.Query().Get("before"), page+1)
	if err != nil {
		return err
	}
	more := ""
	if len(list) > page {
		list, more = list[:page], list[page-1].ID
	}
	return web.Write(w, r, http.StatusOK, historyPage(list, more))
}

// partOf returns the part that the address names, with the person as they are.
func (s *Service) partOf(r *http.Request) (Part, Person, error) {
	i := slices.IndexFunc(Parts, func(p Part) bool { return p.path() == r.PathValue("part") })
	if i < 0 {
		return "", Person{}, web.ErrNotFound
	}
	part := Parts[i]
	p, err := s.Person(r.Context(), web.Account(r))
	if err == nil && p.Is(part) {
		err = ErrVerified
	}
	return part, p, err
}

func (s *Service) editForm(w http.ResponseWriter, r *http.Request) error {
	part, p, err := s.partOf(r)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, editPage(newEditForm(part, p, s.now)))
}

func (s *Service) edit(w http.ResponseWriter, r *http.Request) error {
	part, p, err := s.partOf(r)
	if err != nil {
		return err
	}
	f := newEditForm(part, p, s.now)
	if !web.Read(r, f.fields()...) || !f.agrees() {
		return web.Write(w, r, http.StatusUnprocessableEntity, editPage(f))
	}
	version, _ := strconv.ParseInt(r.PostFormValue("version"), 10, 64) // what is no number is no version
	v := web.VisitOf(r.Context())
	err = s.Save(r.Context(), v.Account, v.Session, version, part, f.person())
	if errors.Is(err, ErrChanged) {
		f.Notice = i18n.K("person.changed")
		return web.Write(w, r, http.StatusConflict, editPage(f))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/profile?saved=1")
}
