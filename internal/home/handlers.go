package home

import (
	"net/http"

	"kabinet/internal/platform/web"
)

// Routes adds the pages of this package to rt.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET /{$}", s.home)
	rt.Handle("GET /help", s.help)
	rt.Handle("GET /settings", s.settings, web.SignedIn)
	rt.Handle("GET /profile/start", s.start, web.SignedIn)
	rt.Handle("POST /profile/start", s.hideStart, web.SignedIn)
	rt.Handle("GET /contacts", s.contacts)
}

// home shows a visitor what there is, and a person who is signed in what waits.
func (s *Service) home(w http.ResponseWriter, r *http.Request) error {
	if acc := web.Account(r); acc != "" {
		board, err := s.board(r.Context(), acc)
		if err != nil {
			return err
		}
		return web.Write(w, r, http.StatusOK, boardPage(board))
	}
	start, err := s.Catalogue.Start(r.Context())
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, startPage(start))
}

// settings leads to everything that can be set.
func (s *Service) settings(w http.ResponseWriter, r *http.Request) error {
	return web.Write(w, r, http.StatusOK, settingsPage())
}

// start shows the first steps with a new account.
func (s *Service) start(w http.ResponseWriter, r *http.Request) error {
	all, err := s.steps(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, stepsPage(all))
}

func (s *Service) hideStart(w http.ResponseWriter, r *http.Request) error {
	hide := r.PostFormValue("hide") != ""
	if err := s.People.HideStart(r.Context(), web.Account(r), hide); err != nil {
		return err
	}
	if hide {
		return web.SeeOther(w, r, "/")
	}
	return web.SeeOther(w, r, "/profile/start")
}

func (s *Service) help(w http.ResponseWriter, r *http.Request) error {
	return web.Write(w, r, http.StatusOK, helpPage(topics()))
}

func (s *Service) contacts(w http.ResponseWriter, r *http.Request) error {
	agencies, err := s.agencies(r.Context())
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, contactsPage(agencies))
}
