"""Quality control: is the finished clip fit to publish?"""
