//! Who may talk to the playground: pages of its own on this machine. It guards against pages of others in the same
//! browser, by the address that was asked for and by where a request comes from.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// Refuses what does not come from a page of ours, and tells the browser to load nothing from elsewhere.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let mut response = match refusal(request.method(), request.headers()) {
        Some(reason) => (StatusCode::FORBIDDEN, reason).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn refusal(method: &Method, headers: &HeaderMap) -> Option<&'static str> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text("host").unwrap_or_default();
    if !is_loopback(host) {
        return Some("the playground is for this machine only");
    }
    if *method == Method::GET || *method == Method::HEAD {
        return None;
    }
    let site = text("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    let origin = text("origin").is_none_or(|origin| origin == format!("http://{host}"));
    (!site || !origin).then_some("this request comes from another page")
}

/// Whether an authority (`host` or `host:port`) is this machine.
fn is_loopback(authority: &str) -> bool {
    let host = authority.rsplit_once(':').map_or(authority, |(host, port)| match port.parse::<u16>() {
        Ok(_) => host,
        Err(_) => authority,
    });
    matches!(host, "localhost" | "[::1]")
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(method: &Method, headers: &[(&'static str, &'static str)]) -> bool {
        let pairs = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
        refusal(method, &pairs.collect()).is_some()
    }

    #[test]
    fn only_this_machine_and_pages_of_ours_are_served() {
        for host in ["127.0.0.1:8088", "localhost:8088", "localhost", "[::1]:8088", "127.0.0.1"] {
            assert!(!refused(&Method::GET, &[("host", host)]), "{host}");
        }
        for host in ["example.org", "127.0.0.1.example.org", "localhost.example.org:8088", "", "[::2]", "10.0.0.1:8088"]
        {
            assert!(refused(&Method::GET, &[("host", host)]), "{host}");
        }
        let post = |more: &[(&'static str, &'static str)]| {
            refused(&Method::POST, &[&[("host", "127.0.0.1:8088")], more].concat())
        };
        assert!(!post(&[]), "no browser");
        assert!(!post(&[("origin", "http://127.0.0.1:8088"), ("sec-fetch-site", "same-origin")]));
        assert!(post(&[("origin", "http://127.0.0.1:9999")]), "another port is another origin");
        assert!(post(&[("origin", "https://example.org")]));
        assert!(post(&[("origin", "null")]));
        assert!(post(&[("sec-fetch-site", "cross-site")]));
        assert!(post(&[("sec-fetch-site", "same-site")]));
    }
}
