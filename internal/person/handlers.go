package person

import (
	"net/http"
	"net/url"
	"slices"

	"kabinet/internal/account"
	"kabinet/internal/platform/web"
)

// Routes adds the pages of this feature.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET /profile", s.profile, web.SignedIn)
	rt.Handle("GET /profile/history", s.history, web.SignedIn)
	s.changeRoutes(rt)
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
	page := profile{Account: a, Person: p, Saved: r.URL.Query().Has("saved"), AskContacts: a.AskContacts(s.now()), now: s.now()}
	if page.Agrees, err = s.agrees(ctx, nil, id); err != nil {
		return err
	}
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
	const size = 25
	h := historyView{Part: Part(r.URL.Query().Get("part"))}
	if !slices.Contains(editable, h.Part) && h.Part != Family {
		h.Part = ""
	}
	list, err := s.History(r.Context(), web.Account(r), h.Part, r.URL.Query().Get("before"), size+1)
	if err != nil {
		return err
	}
	h.List = list
	if len(list) > size {
		h.List = list[:size]
		h.More = "/profile/history?" + url.Values{"part": {string(h.Part)}, "before": {list[size-1].ID}}.Encode()
	}
	return web.Write(w, r, http.StatusOK, historyPage(h))
}
