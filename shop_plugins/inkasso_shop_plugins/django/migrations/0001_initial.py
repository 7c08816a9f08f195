"""The two tables."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """Events on their way, and what was written back."""

    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("order", models.CharField(max_length=200)),
                ("claim", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("tries", models.PositiveIntegerField(default=0)),
                ("relayed_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, max_length=20)),
                ("error", models.CharField(blank=True, max_length=100)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["relayed_at", "due_at"], name="inkasso_event_due"),
                    models.Index(fields=["order"], name="inkasso_event_order"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Told",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=40, unique=True)),
                ("kind", models.CharField(max_length=40)),
                ("order", models.CharField(max_length=200)),
                ("status", models.CharField(blank=True, max_length=200)),
                ("told_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"indexes": [models.Index(fields=["order"], name="inkasso_told_order")]},
        ),
    )
