//! The bank's further lists as the window sees them.

use super::*;

async fn caught_up(session: &Session) {
    let end = head(session).await.to_string();
    assert!(session.wait_until(&end).await.expect("answered"), "read models catch up");
}

#[tokio::test]
async fn a_customer_is_found_by_name_with_the_totals_of_all_accounts() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    caught_up(&session).await;
    let page = session.customers(Some("C1"), 0, 10, None).await.expect("answered");
    assert_eq!((page.total.as_str(), page.customers[0].status.as_str()), ("1", "active"));
    let overview = session.customer("C1", None).await.expect("answered");
    assert_eq!(overview.accounts.len(), 2);
    let total = &overview.totals[0];
    assert_eq!((total.open_accounts.as_str(), total.balance.text.as_str()), ("2", "100.00"));
    assert_eq!(session.customer("C9", None).await.expect_err("none").code, "not_found");
}

#[tokio::test]
async fn a_hold_is_listed_with_what_it_is_for_and_what_became_of_it() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let example = session.commands().into_iter().find(|one| one.command_type == "PlaceHold").expect("for people");
    let mut payload: serde_json::Value = serde_json::from_str(&example.example).expect("JSON");
    payload["accountId"] = json!("1001");
    payload["amount"] = euros(2_500);
    payload["expiresAt"] = json!("2999-01-01T00:00:00.000000Z");
    if session
        .execute(request("PlaceHold", &payload))
        .await
        .is_ok_and(|result| matches!(result, CommandResult::Rejected { .. }))
    {
        // Holds have a longest life; the example's own end is within it.
        payload["expiresAt"] = json!(crate::session::time(chrono::Utc::now() + chrono::TimeDelta::days(2)));
        done(&session, "PlaceHold", payload).await;
    }
    caught_up(&session).await;
    let page = session.holds(Some("1001"), Some("open"), 0, 10, None).await.expect("answered");
    let hold = &page.holds[0];
    assert_eq!((hold.amount.text.as_str(), hold.status.as_str(), hold.captured.is_none()), ("25.00", "open", true));
    let detail = session.event_detail(&hold.placed_position).await.expect("it leads to its event");
    assert_eq!(detail.row.stream, "account-1001");
    assert_eq!(session.holds(None, Some("captured"), 0, 10, None).await.expect("answered").total, "0");
}

#[tokio::test]
async fn a_day_sums_what_it_brought_and_a_bad_day_is_refused() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    done(&session, "Deposit", json!({ "accountId": "1002", "amount": euros(2_000) })).await;
    caught_up(&session).await;
    let page = session.activity((None, None), Some("EUR"), 0, 10, None).await.expect("answered");
    let deposits = page.rows.iter().find(|row| row.kind == "MoneyDeposited").expect("deposits");
    assert_eq!((deposits.entries.as_str(), deposits.turnover.text.as_str()), ("2", "120.00"));
    let day = deposits.business_date.as_str();
    assert_eq!(session.activity((Some(day), Some(day)), None, 0, 10, None).await.expect("answered").total, page.total);
    assert_eq!(session.activity((None, Some("1999-01-01")), None, 0, 10, None).await.expect("answered").total, "0");
    let error = session.activity((Some("yesterday"), None), None, 0, 10, None).await.expect_err("no day");
    assert_eq!(error.code, "bad_argument");
}

#[tokio::test]
async fn limits_tell_what_is_used_of_them_on_the_last_day() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let example = session.commands().into_iter().find(|one| one.command_type == "SetLimits").expect("for people");
    let mut payload: serde_json::Value = serde_json::from_str(&example.example).expect("JSON");
    payload["accountId"] = json!("1001");
    done(&session, "SetLimits", payload).await;
    done(&session, "Withdraw", json!({ "accountId": "1001", "amount": euros(1_000) })).await;
    caught_up(&session).await;
    let page = session.limits(None, 0, 10, None).await.expect("answered");
    assert_eq!((page.total.as_str(), page.limits[0].account_id.as_str()), ("1", "1001"));
    assert_eq!((page.limits[0].used_day.text.as_str(), page.limits[0].used_month.text.as_str()), ("10.00", "10.00"));
    let before = session.limits(Some("1999-01-01"), 0, 10, None).await.expect("answered");
    assert_eq!(before.limits[0].used_day.minor, "0", "another day has its own use");
}

#[tokio::test]
async fn an_audit_trail_says_who_did_what_and_why() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let deposit = CommandRequest {
        actor: "grace".to_owned(),
        reason: Some("correction of a typo".to_owned()),
        ..request("Deposit", json!({ "accountId": "1001", "amount": euros(1) }))
    };
    session.execute(deposit).await.expect("answered");
    caught_up(&session).await;
    let actors = session.actors(0, 100, None).await.expect("answered");
    assert!(actors.actors.iter().any(|one| one.actor == "ada"), "{actors:?}");
    let trail = session.audit("grace", 0, 10, None).await.expect("answered");
    let newest = &trail.rows[0];
    assert_eq!((newest.command_type.as_str(), newest.event_type.as_str()), ("Deposit", "MoneyDeposited"));
    assert_eq!((newest.reason.as_deref(), newest.channel.as_str()), (Some("correction of a typo"), "desktop"));
    assert_eq!(trail.total, "2", "and the approval before it");
    assert_eq!(session.audit("nobody", 0, 10, None).await.expect("answered").total, "0");
}

#[tokio::test]
async fn an_order_is_told_with_its_plan_and_next_day() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    assert_eq!(session.orders(0, 10, None).await.expect("answered").total, "0");
    let example =
        session.commands().into_iter().find(|one| one.command_type == "CreateStandingOrder").expect("for people");
    let mut payload: serde_json::Value = serde_json::from_str(&example.example).expect("JSON");
    let first = chrono::Utc::now().date_naive() + chrono::TimeDelta::days(40);
    payload["source"] = json!("1001");
    payload["target"] = json!("1002");
    payload["amount"] = euros(700);
    payload["firstOn"] = json!(first.to_string());
    if let Some(fields) = payload.as_object_mut() {
        fields.remove("lastOn");
        fields.remove("count");
    }
    done(&session, "CreateStandingOrder", payload).await;
    caught_up(&session).await;
    let page = session.orders(0, 10, None).await.expect("answered");
    let order = &page.orders[0];
    assert_eq!((page.total.as_str(), order.status.as_str(), order.standing), ("1", "active", true), "{order:?}");
    assert_eq!((order.source.as_str(), order.amount.text.as_str()), ("1001", "7.00"));
    assert_eq!(order.next_on, Some(first.to_string()), "{order:?}");
    assert!(order.interval.is_some() && order.executed == "0", "{order:?}");
}

#[tokio::test]
async fn no_transfer_is_stuck_while_each_is_within_its_time() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let transfer =
        json!({ "transferId": "T1", "source": "1001", "target": "1002", "amount": euros(500), "reference": "rent" });
    done(&session, "RequestTransfer", transfer).await;
    caught_up(&session).await;
    assert_eq!(session.transfers(Some("stuck"), None, 0, 10, None).await.expect("answered").total, "0");
    let page = session.transfers(None, None, 0, 10, None).await.expect("answered");
    let row = &page.transfers[0];
    assert_eq!((row.requested_by.as_str(), row.arriving.is_none(), row.overdue), ("ada", true, false), "{row:?}");
}
