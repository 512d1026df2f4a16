package staff

import (
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
)

// Nav are the sections of the desk that the member's roles open.
func (m Member) Nav() (links []ui.Link) {
	if m.May(Clerk) {
		links = append(links, ui.Link{Href: "/desk/queue", Text: i18n.K("staff.nav_queue")})
	}
	if m.May(Verifier) {
		links = append(links,
			ui.Link{Href: "/desk/proofing", Text: i18n.K("staff.nav_proofing")},
			ui.Link{Href: "/desk/video", Text: i18n.K("staff.nav_video")},
			ui.Link{Href: "/desk/recovery", Text: i18n.K("staff.nav_recovery")})
	}
	if m.May(Operator) {
		links = append(links, ui.Link{Href: "/desk/centre", Text: i18n.K("staff.nav_centre")})
	}
	if m.May(Administrator) {
		links = append(links, ui.Link{Href: "/desk/operations", Text: i18n.K("staff.nav_operations")}, ui.Link{Href: "/desk/trust", Text: i18n.K("staff.nav_trust")})
	}
	return links
}
