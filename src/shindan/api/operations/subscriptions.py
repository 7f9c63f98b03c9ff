"""SubscribeToEvent, UnsubscribeFromEvent, ListEventSubscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.service import subscriptions
from shindan.service.caller import Caller
from shindan.service.service import Service


def subscribe_to_event(service: Service, caller: Caller, request: Mapping[str, Any]) -> None:
    """Has the topic told of an event of the template's runs."""
    subscriptions.subscribe(service, caller, request["resourceArn"], request["event"], request["topicArn"])


def unsubscribe_from_event(service: Service, caller: Caller, request: Mapping[str, Any]) -> None:
    """Takes that back."""
    subscriptions.unsubscribe(service, caller, request["resourceArn"], request["event"], request["topicArn"])


def list_event_subscriptions(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """A page of subscriptions, those of one template and topic together."""
    page = subscriptions.list_(
        service,
        caller,
        arn=request.get("resourceArn"),
        token=request.get("nextToken"),
        max_results=request.get("maxResults"),
    )
    shown = [
        {
            "resourceArn": template,
            "topicArn": topic,
            "eventSubscriptions": [{"event": event, "subscribedAt": at} for event, at in events],
        }
        for template, topic, events in page.items
    ]
    return {"subscriptions": shown, "nextToken": page.next_token}
