package home

import (
	"net/http"

	"kabinet/internal/platform/web"
)

// Routes adds the pages of this package to rt.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET /{$}", s.home)
	rt.Handle("GET /help", s.help)
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
